import ArgumentParser
import DataTypes
import Foundation
import ImageCodec
import RecordIO
import TestSupport
import Testing

@testable import Tool

@Suite("rec optimize")
struct RecOptimizeTests {
    private static func pixels(_ width: Int, _ height: Int, seed: Int, channels: Int = 3) -> PixelBuffer {
        var buffer = PixelBuffer()
        buffer.reshape(width: width, height: height, channels: channels)
        var pixels = buffer.mutablePixels
        for index in pixels.indices {
            let (x, y) = (index / channels % width, index / channels / width)
            pixels[index] = UInt8(truncatingIfNeeded: x * (seed % 3 + 1) + y * 2 + index % channels * 40 + index % 7)
        }
        return buffer
    }

    private static func jpeg(_ width: Int, _ height: Int, seed: Int = 0, channels: Int = 3) throws -> [UInt8] {
        try JPEGEncoder(quality: 90).encode(pixels(width, height, seed: seed, channels: channels))
    }

    private static func record(_ id: UInt64, _ image: [UInt8], labels: [Float]? = nil) -> [UInt8] {
        ImageRecordHeader(label: Float(id) + 0.5, id: id, id2: 7).pack(labels: labels, image: image.span)
    }

    /// Records of every sort, and how many there are of each.
    private static func mixed() throws -> [[UInt8]] {
        let png = try PNGEncoder().encode(pixels(12, 9, seed: 1))
        let photo = try jpeg(90, 60, seed: 2)
        return [
            record(30, try jpeg(120, 80)), record(10, photo, labels: [1, 2, 3]), record(20, png),
            record(21, Array(photo.dropLast(300))), record(22, []), record(23, Array("GIF89a, say".utf8)),
            [1, 2, 3], record(25, try jpeg(33, 47, channels: 1)), record(26, Array("no image".utf8)),
        ]
    }

    private static func write(
        _ payloads: [[UInt8]], to folder: TemporaryFolder, keys: [UInt64]? = nil
    ) throws -> [UInt64] {
        var writer = try RecordWriter(path: folder.path + "/in.rec")
        let offsets = try payloads.map { try writer.append($0.span) }
        try writer.finish()
        if let keys {
            let lines = zip(keys, offsets).map { "\($0)\t\($1)\n" }
            try folder.write(lines.joined(), to: "in.idx")
        }
        return offsets
    }

    private static func payloads(of path: String) throws -> [(offset: UInt64, bytes: [UInt8])] {
        var reader = RecordReader(file: try RecordFile(path: path))
        var buffer = RecordBuffer()
        var records: [(offset: UInt64, bytes: [UInt8])] = []
        while try reader.next(into: &buffer) {
            // Copied while the buffer is lent.
            records.append((reader.recordOffset, unsafe buffer.withUnsafeBytes { unsafe Array($0) }))
        }
        return records
    }

    @discardableResult
    private func optimize(_ folder: TemporaryFolder, _ arguments: String...) throws -> OptimizeSummary {
        try RecOptimize.parse([folder.path + "/in.rec", folder.path + "/out.rec"] + arguments).perform()
    }

    @Test("pictures keep their pixels, and everything else its bytes")
    func lossless() throws {
        let folder = try TemporaryFolder()
        let before = try Self.mixed()
        _ = try Self.write(before, to: folder)
        let summary = try optimize(folder)
        let after = try Self.payloads(of: folder.path + "/out.rec").map(\.bytes)
        #expect(summary.records == 9 && summary.rewritten == 3 && summary.kept == 1)
        #expect(summary.otherFormats == 2 && summary.withoutPicture == 3 && summary.resized == 0)
        #expect(summary.problems.map(\.record) == [3])
        #expect(after.count == before.count)
        for (ordinal, (old, new)) in zip(before, after).enumerated() {
            guard [0, 1, 7].contains(ordinal) else {
                #expect(old == new, "record \(ordinal)")
                continue
            }
            #expect(old != new)
            let (oldRecord, newRecord) = (try Self.parse(old), try Self.parse(new))
            #expect(oldRecord.header == newRecord.header && oldRecord.labels == newRecord.labels)
            let (oldPicture, newPicture) = (try oldRecord.decoded(), try newRecord.decoded())
            #expect(oldPicture.size == newPicture.size && oldPicture.pixels == newPicture.pixels)
        }
    }

    private static func parse(_ payload: [UInt8]) throws -> PackedRecord {
        // `payload` outlives the calls.
        let bytes = unsafe payload.span.bytes
        let header = try ImageRecordHeader(parsing: bytes)
        let labels = (0..<header.labelCount).map { header.label($0, of: bytes) }
        return PackedRecord(offset: 0, header: header, labels: labels, image: Array(payload[header.imageOffset...]))
    }

    @Test("the output does not depend on the number of threads")
    func threads() throws {
        let folder = try TemporaryFolder()
        _ = try Self.write((0..<60).map { Self.record(UInt64($0), try Self.jpeg(40 + $0, 50, seed: $0)) }, to: folder)
        var outputs: Set<[UInt8]> = []
        for threads in ["1", "2", "7"] {
            #expect(try optimize(folder, "--num-thread", threads, "--force").rewritten == 60)
            outputs.insert(try folder.read("out.rec") + folder.read("out.idx"))
        }
        #expect(outputs.count == 1)
    }

    @Test("the index has the keys of the old one, in its order, for the records that it lists")
    func index() throws {
        let folder = try TemporaryFolder()
        let offsets = try Self.write(Self.mixed(), to: folder)
        let lines = [(900, 7), (5, 0), (77, 8), (6, 2)]
        try folder.write(lines.map { "\($0.0)\t\(offsets[$0.1])\n" }.joined(), to: "in.idx")
        try optimize(folder)
        let new = try Self.payloads(of: folder.path + "/out.rec").map(\.offset)
        let expected = lines.map { "\($0.0)\t\(new[$0.1])\n" }.joined()
        #expect(String(decoding: try folder.read("out.idx"), as: UTF8.self) == expected)
    }

    @Test("without an index, ids are the keys, or the numbers of the records where ids are not unique")
    func newIndex() throws {
        for (ids, keys) in [([7, 3, 5], [7, 3, 5]), ([7, 3, 7], [0, 1, 2])] as [([UInt64], [UInt64])] {
            let folder = try TemporaryFolder()
            _ = try Self.write(ids.map { Self.record($0, try Self.jpeg(30, 20)) }, to: folder)
            try optimize(folder)
            let new = try Self.payloads(of: folder.path + "/out.rec").map(\.offset)
            let expected = zip(keys, new).map { "\($0)\t\($1)\n" }.joined()
            #expect(String(decoding: try folder.read("out.idx"), as: UTF8.self) == expected)
        }
    }

    @Test("an index that leads to no record is refused, and nothing is left behind")
    func wrongIndex() throws {
        let folder = try TemporaryFolder()
        let offsets = try Self.write((0..<5).map { Self.record($0, try Self.jpeg(30, 20)) }, to: folder)
        var lines = offsets.enumerated().map { "\($0)\t\($1)\n" }
        lines[3] = "3\t\(offsets[3] + 8)\n"
        try folder.write(lines.joined(), to: "in.idx")
        let error = try #require(throws: ToolError.self) { try optimize(folder) }
        #expect(error.description.contains("byte \(offsets[3] + 8)"))
        #expect(try folder.names == ["in.idx", "in.rec"])
    }

    @Test("a damaged stretch is left out with the lines that lead there; --strict fails")
    func damage() throws {
        let folder = try TemporaryFolder()
        let offsets = try Self.write(
            (0..<5).map { Self.record($0, try Self.jpeg(30, 20)) }, to: folder, keys: [0, 1, 2, 3, 4])
        var bytes = try folder.read("in.rec")
        bytes[Int(offsets[2])] ^= 0xFF
        try folder.write(bytes, to: "in.rec")
        #expect(throws: RecordError.self) { try optimize(folder, "--strict") }
        #expect(try folder.names == ["in.idx", "in.rec"])
        let summary = try optimize(folder)
        #expect(summary.damagedRanges == 1 && summary.records == 4)
        let new = try Self.payloads(of: folder.path + "/out.rec").map(\.offset)
        let expected = zip([0, 1, 3, 4], new).map { "\($0)\t\($1)\n" }.joined()
        #expect(String(decoding: try folder.read("out.idx"), as: UTF8.self) == expected)
    }

    @Test("--strict ends at the first JPEG that must stay, and leaves nothing behind")
    func strict() throws {
        let folder = try TemporaryFolder()
        _ = try Self.write(Self.mixed(), to: folder)
        let error = try #require(throws: ToolError.self) { try optimize(folder, "--strict") }
        #expect(error.description.contains("record 3 at byte"))
        #expect(try folder.names == ["in.rec"])
    }

    @Test("files that are there are overwritten only with --force, and then the input may be the output")
    func overwriting() throws {
        let folder = try TemporaryFolder()
        _ = try Self.write((0..<5).map { Self.record($0, try Self.jpeg(90, 70)) }, to: folder, keys: [4, 3, 2, 1, 0])
        try optimize(folder)
        #expect(throws: ToolError.self) { try optimize(folder) }
        let path = folder.path + "/in.rec"
        #expect(throws: ToolError.self) { try RecOptimize.parse([path, path]).perform() }
        _ = try RecOptimize.parse([path, path, "--force"]).perform()
        #expect(try folder.read("in.rec") == folder.read("out.rec"))
        #expect(try folder.read("in.idx") == folder.read("out.idx"))
        #expect(try folder.names == ["in.idx", "in.rec", "out.idx", "out.rec"])
    }

    @Test("--resize makes larger pictures smaller, and only those", arguments: ["linear", "area", "lanczos"])
    func resize(filter: String) throws {
        let folder = try TemporaryFolder()
        let images = [
            try Self.jpeg(90, 60), try Self.jpeg(40, 100), try Self.jpeg(30, 64), try Self.jpeg(80, 50, channels: 1),
        ]
        _ = try Self.write(images.enumerated().map { Self.record(UInt64($0), $1) }, to: folder)
        let summary = try optimize(folder, "--resize", "32", "--filter", filter, "--quality", "80")
        #expect(summary.rewritten == 4 && summary.resized == 3)
        let records = try PackedRecord.all(in: folder.path + "/out.rec")
        let sizes = try records.map { try $0.decoded().size }
        #expect(sizes == [[48, 32, 3], [32, 80, 3], [30, 64, 3], [51, 32, 1]])
        let small = PackedRecord(offset: 0, header: records[2].header, labels: [], image: images[2])
        #expect(try records[2].decoded().pixels == small.decoded().pixels)
    }

    @Test("pictures are cut into more pieces when asked for")
    func restarts() throws {
        let folder = try TemporaryFolder()
        _ = try Self.write([Self.record(1, try Self.jpeg(300, 300))], to: folder)
        var sizes: [UInt64] = []
        for arguments in [["--restart-bytes", "0"], ["--restart-rows", "4"], [], ["--restart-bytes", "20"]] {
            let command = [folder.path + "/in.rec", folder.path + "/out.rec", "--force"] + arguments
            sizes.append(try RecOptimize.parse(command).perform().bytesAfter)
        }
        #expect(Set(sizes).count == 4 && sizes == sizes.sorted())
    }

    @Test("an interrupted run leaves nothing behind and exits as a shell expects")
    func interrupted() throws {
        let folder = try TemporaryFolder()
        _ = try Self.write(Self.mixed(), to: folder)
        let interruption = Interruption()
        interruption.interrupt(SIGTERM)
        let command = try RecOptimize.parse([folder.path + "/in.rec", folder.path + "/out.rec"])
        let error = #expect(throws: ExitCode.self) { try command.perform(interruption: interruption) }
        #expect(error?.rawValue == 143)
        #expect(try folder.names == ["in.rec"])
    }

    @Test("nothing to write is an error", arguments: [[], [UInt8](repeating: 7, count: 4000)])
    func empty(bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: "in.rec")
        #expect(throws: (any Error).self) { try optimize(folder) }
        #expect(throws: RecordError.self) {
            try RecOptimize.parse([folder.path + "/x.rec", folder.path + "/y"]).perform()
        }
        #expect(try folder.names == ["in.rec"])
    }
}

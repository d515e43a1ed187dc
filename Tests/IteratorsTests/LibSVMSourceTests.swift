import DataTypes
import Foundation
import Pipeline
import TestSupport
import Testing

@testable import Iterators

/// LibSVMIter as a stream.
struct LibSVMSourceTests {
    private typealias Element = SparseRows.Element
    private let folder: TemporaryFolder
    private let pool = WorkerPool(threads: 2)

    init() throws { folder = try TemporaryFolder() }

    private func stream(
        _ parameters: [String: ParameterValue], pool: WorkerPool? = nil, maxRecordBytes: Int = 256 << 20
    ) throws -> PrefetchedStream {
        let source = try IteratorCatalog.kind(named: "LibSVMIter").open(
            parameters, context: IteratorContext(cacheDirectory: folder.path, maxRecordBytes: maxRecordBytes))
        return PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0),
            pool: pool ?? self.pool, allocator: HeapSlabAllocator())
    }

    private func parameters(
        _ path: String, columns: Int = 1000, batchSize: Int, _ more: [String: ParameterValue] = [:]
    ) -> [String: ParameterValue] {
        [
            "data_libsvm": .string(path), "data_shape": .integer(columns), "batch_size": .integer(batchSize),
        ].merging(more) { $1 }
    }

    private func labels(_ batch: BatchCopy) -> [Float] {
        stride(from: 0, to: batch.tensors[3].count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(batch.tensors[3][start + $1]) << UInt32(8 * $1) })
        }
    }

    /// Row `row` of the tests' files: its number as label, and up to four elements.
    private func line(_ row: Int) -> String {
        "\(row)" + elements(row).map { " \($0.column):\($0.value)" }.joined()
    }

    private func elements(_ row: Int) -> [SparseRows.Element] {
        (0..<row % 5).map { Element(column: Int64((row + $0 * 13) % 1000), value: Float(row) / 4 - Float($0)) }
    }

    /// Checks that a batch holds the rows that its index names.
    private func check(_ batch: BatchCopy, columns: Int = 1000) {
        let found = SparseRows(batch)
        #expect(found.isClean)
        for (row, number) in batch.index.enumerated() {
            let isEmpty = number == .max
            #expect(found.rows[row] == (isEmpty ? [] : elements(Int(number))))
            #expect(labels(batch)[row] == (isEmpty ? 0 : Float(number)))
        }
    }

    @Test(
        "rows are found whatever ends the lines, across blocks, with blank lines and comments between",
        arguments: ["\n", "\r\n", "\r", "\n\n\r\n", "\n# e1 2:3\n \n"])
    func lineEnds(end: String) async throws {
        // More than two blocks of the scan, so that line ends fall on their borders.
        let count = 120_000
        let path = try folder.write((0..<count).map(line).joined(separator: end), to: "t")
        let stream = try stream(parameters(path, batchSize: 4096))
        defer { stream.close() }
        #expect(stream.info.recordCount == count)
        var next: UInt64 = 0
        for batch in try await stream.restOfEpoch() {
            #expect(Array(batch.index.prefix(4096 - batch.pad)) == Array(next..<next + UInt64(4096 - batch.pad)))
            next += UInt64(4096 - batch.pad)
            check(batch)
        }
        #expect(next == UInt64(count))
    }

    @Test("lines longer than a block of the scan, and the limit for them")
    func longLines() async throws {
        let long = "7" + (0..<400_000).map { " \($0):1" }.joined()
        let path = try folder.write("1 0:2\n" + long + "\r\n" + long + "\n3 1:4", to: "t")
        let stream = try stream(parameters(path, columns: 400_000, batchSize: 4))
        defer { stream.close() }
        let batch = try #require(try await stream.restOfEpoch().first)
        let rows = SparseRows(batch)
        #expect(rows.isClean && rows.rows.map(\.count) == [1, 400_000, 400_000, 1])
        #expect(rows.rows[2].enumerated().allSatisfy { $1.column == Int64($0) && $1.value == 1 })
        let error = #expect(throws: StreamError.self) {
            try self.stream(parameters(path, columns: 400_000, batchSize: 4), maxRecordBytes: 1 << 20)
        }
        #expect(error?.description.contains("line 2: the line has more than 1048576 bytes") == true)
    }

    @Test(
        "every row is in one part, once, with its label, in any order and from several files",
        arguments: [1, 2, 3, 7], ["count", "bytes", "global"])
    func parts(parts: Int, partition: String) async throws {
        try folder.write((0..<100).map { line($0) + "\n" }.joined(), to: "d/a")
        try folder.write("", to: "d/b")
        try folder.write((100..<133).map { "\n" + line($0) }.joined(), to: "d/c")
        for shuffle in [false, true] {
            var seen: [UInt64] = []
            for part in 0..<parts {
                let stream = try stream(
                    parameters(
                        folder.path + "/d/", batchSize: 10,
                        [
                            "num_parts": .integer(parts), "part_index": .integer(part), "shuffle": .bool(shuffle),
                            "partition": .string(partition), "round_batch": .bool(false),
                        ]))
                defer { stream.close() }
                #expect(stream.info.warnings.count == 1)
                for batch in try await stream.restOfEpoch() {
                    check(batch)
                    seen += batch.index.prefix(10 - batch.pad)
                }
            }
            #expect(seen.sorted() == Array(0..<133))
            #expect((seen != Array(0..<133)) == (shuffle || partition == "global" && parts > 1))
        }
    }

    @Test(
        "parts by bytes are MXNet's: a line that begins at a cut belongs to the part before",
        arguments: [
            (["1 0:1\n"], 7, 7, [2, 1, 1, 1, 1, 1, 0]), (["1 0:1\n"], 7, 3, [3, 2, 2]),
            (["1 0:1\n"], 1, 3, [1, 0, 0]),
            // A cut at a file's start cuts there.
            (["1 0:1\n1 0:1\n", "1 0:1\n1 0:1\n"], 1, 2, [2, 2]),
        ])
    func bytePartition(files: [String], repeated: Int, parts: Int, counts: [Int]) throws {
        for (number, text) in files.enumerated() {
            try folder.write(String(repeating: text, count: repeated), to: "d/\(number)")
        }
        let found = try (0..<parts).map { part in
            let stream = try stream(
                parameters(
                    folder.path + "/d/", batchSize: 1,
                    [
                        "num_parts": .integer(parts), "part_index": .integer(part), "partition": .string("bytes"),
                    ]))
            defer { stream.close() }
            return stream.info.partRecordCount
        }
        #expect(found == counts)
    }

    @Test("seeking to any batch gives what an uninterrupted run had, for any number of threads", arguments: [1, 5])
    func seeking(threads: Int) async throws {
        let path = try folder.write((0..<60).map { line($0) + "\n" }.joined(), to: "t")
        let otherPool = WorkerPool(threads: threads)
        defer { otherPool.shutDown() }
        for shuffle in [false, true] {
            let values = parameters(path, batchSize: 7, ["shuffle": .bool(shuffle)])
            let whole = try stream(values)
            defer { whole.close() }
            var runs: [[BatchCopy]] = []
            for _ in 0..<3 {
                runs.append(try await whole.restOfEpoch())
                _ = whole.reset()
            }
            #expect(runs[0] != runs[1])
            let other = try stream(values, pool: otherPool)
            defer { other.close() }
            for (epoch, step) in [(2, 3), (0, 0), (1, 7)] {
                try other.seek(to: BatchAddress(epoch: epoch, step: step))
                #expect(try await other.restOfEpoch() == Array(runs[epoch][step...]))
            }
        }
    }

    @Test("a label file gives sparse labels; rows that cannot be read on either side go together")
    func labelFile() async throws {
        let path = try folder.write("1 0:1\n2 x\n3 2:3\n4 3:4\n5 4:5\n", to: "d")
        let labelPath = try folder.write("9 0:1\n8\n7 2:3 1:1\n6 77:1\n5 1:5\n0 0:0\n", to: "l")
        let values = parameters(
            path, columns: 10, batchSize: 4,
            [
                "label_libsvm": .string(labelPath), "label_shape": .integer(3), "on_bad_record": .string("skip"),
                "round_batch": .bool(false),
            ])
        let stream = try stream(values)
        defer { stream.close() }
        #expect(stream.info.recordCount == 3)
        #expect(
            stream.info.warnings == [
                "left out: '\(path)' line 2, column 3: 'x' is not a pair index:value",
                "left out: '\(labelPath)' line 4, column 3: there is no index 77; the shape allows 0 to 2",
            ])
        let batch = try #require(try await stream.restOfEpoch().first)
        #expect(batch.index == [0, 2, 4, .max] && batch.pad == 1)
        #expect(
            SparseRows(batch).rows == [
                [Element(column: 0, value: 1)], [Element(column: 2, value: 3)], [Element(column: 4, value: 5)], [],
            ])
        #expect(
            SparseRows(batch, at: 3).rows == [
                [Element(column: 0, value: 1)], [Element(column: 2, value: 3), Element(column: 1, value: 1)],
                [Element(column: 1, value: 5)], [],
            ])
        #expect(SparseRows(batch).isClean && SparseRows(batch, at: 3).isClean)
        #expect(stream.info.provideLabel[0].shape == [4, 3])
    }

    @Test("bad rows are left out with a warning, the first ones described", arguments: [3, 40])
    func badRows(count: Int) async throws {
        let path = try folder.write("1 0:1\n" + String(repeating: "x\n", count: count) + "2 1:2\n", to: "t")
        let stream = try stream(parameters(path, batchSize: 2, ["on_bad_record": .string("skip")]))
        defer { stream.close() }
        #expect(stream.info.warnings.count == (count == 3 ? 3 : 17))
        #expect(stream.info.warnings.last?.contains(count == 3 ? "line 4" : "24 more rows") == true)
        let batches = try await stream.restOfEpoch()
        #expect(batches.map(\.index) == [[0, UInt64(count) + 1]] && batches[0].pad == 0)
    }

    @Test(
        "what cannot be opened is refused with the reason",
        arguments: [
            (["data_libsvm": "none", "data_shape": "3"], StreamError.Code.notFound, "does not exist"),
            (["data_libsvm": "blank", "data_shape": "3"], .badData, "has no rows"),
            (["data_libsvm": "bad", "data_shape": "3"], .badData, "bad' line 2, column 3: there is no index 3"),
            (
                ["data_libsvm": "bad", "data_shape": "3", "on_bad_record": "substitute"], .badParameter,
                "error"
            ),
            (["data_libsvm": "worse", "data_shape": "3", "on_bad_record": "skip"], .badData, "has no rows"),
            (
                ["data_libsvm": "good", "data_shape": "3", "label_libsvm": "short", "label_shape": "3"], .badData,
                "1 rows for the 2 rows"
            ),
            (["data_libsvm": "good", "data_shape": "(1,3)"], .badParameter, "data_shape"),
            (["data_libsvm": "good", "data_shape": "3", "label_shape": "3"], .badParameter, "label_libsvm"),
            (["data_libsvm": "good", "data_shape": "3", "label_libsvm": "good"], .badParameter, "label_shape"),
            (["data_libsvm": "good", "data_shape": "3", "dtype": "int32"], .badParameter, "dtype"),
            (["data_libsvm": "good", "data_shape": "3", "indexing_mode": "-1"], .badParameter, "indexing_mode"),
            (["data_libsvm": "good", "data_shape": "3", "label_name": "data_indptr"], .badParameter, "belong to data"),
            (["data_libsvm": "good?indexing_mode=1", "data_shape": "3"], .notFound, "'indexing_mode'"),
        ])
    func refusals(parameters: [String: String], code: StreamError.Code, words: String) throws {
        try folder.write("1 0:1\n2 2:1\n", to: "good")
        try folder.write("1\n", to: "short")
        try folder.write("\n \r\n# 1\n", to: "blank")
        try folder.write("1 0:1\n2 3:1\n", to: "bad")
        try folder.write("a\nb\n", to: "worse")
        var values = parameters.mapValues { ParameterValue.string($0) }
        values["batch_size"] = .integer(1)
        for name in ["data_libsvm", "label_libsvm"] {
            if let path = parameters[name] { values[name] = .string(folder.path + "/" + path) }
        }
        let error = #expect(throws: StreamError.self) { try stream(values) }
        #expect(error?.code == code && error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test(
        "a file that changes while it is open is a bad record and nothing worse", arguments: ["cut", "other", "more"])
    func changed(how: String) async throws {
        let row = "1 0:1 1:2 2:3\n"
        let path = try folder.write(String(repeating: row, count: 20_000), to: "t")
        let stream = try stream(parameters(path, batchSize: 64, ["on_bad_record": .string("skip")]))
        defer { stream.close() }
        _ = try await stream.nextEvent()
        if how == "cut" {
            _ = unsafe truncate(path, 4)
        } else {
            // In place: the stream has the file open.
            let text = how == "other" ? "9 5:1\n       \n" : "1 1:1 2:1 3:1 4"
            let handle = try FileHandle(forWritingTo: URL(filePath: path))
            try handle.write(contentsOf: Data(String(repeating: text, count: 20_000).utf8))
            try handle.close()
        }
        let batches = try await stream.restOfEpoch()
        let last = try #require(batches.last)
        #expect(last.pad == 64 && SparseRows(last).rows.allSatisfy(\.isEmpty))
        #expect(batches.allSatisfy { SparseRows($0).isClean })
        #expect(Set(last.badRecords.map(\.reason)) == ["file_changed"])
    }

    @Test("a packed file is unpacked, and two spellings of the same rows are told apart by their hashes")
    func packed() async throws {
        // `1 0:2\n` packed with gzip.
        let bytes: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x33, 0x54, 0x30, 0xB0, 0x32, 0xE2, 2, 0,
        ]
        let crc = Self.crc32(Array("1 0:2\n".utf8))
        let trailer = [crc, 6].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
        let path = try folder.write(bytes + trailer, to: "t.gz")
        let stream = try stream(parameters(path, batchSize: 1))
        defer { stream.close() }
        let batch = try #require(try await stream.restOfEpoch().first)
        #expect(SparseRows(batch).rows == [[Element(column: 0, value: 2)]])
        let other = try self.stream(parameters(try folder.write("1  0:2\n", to: "t"), batchSize: 1))
        defer { other.close() }
        #expect(other.info.manifestHash != stream.info.manifestHash)
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}

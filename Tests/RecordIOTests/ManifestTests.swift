import TestSupport
import Testing

@testable import RecordIO

@Suite struct ManifestTests {
    let directory: TemporaryFolder

    init() throws { directory = try TemporaryFolder() }

    @Test("ordinals run through all files, past one whose records are all damaged")
    func ordinals() throws {
        let first = (0..<3).map { payload($0, count: 5) }
        let third = (3..<8).map { payload($0, count: 7) }
        try write(first, to: directory.path + "/a.rec")
        try directory.write(payload(0, count: 40), to: "b.rec")
        try write(third, to: directory.path + "/c.rec")
        let manifest = try Manifest.open(paths: directory.path)
        #expect(manifest.sampleCount == 8)
        #expect(manifest.files.map(\.firstOrdinal) == [0, 3, 3])
        #expect(manifest.damage.byteCount == 40)
        var buffer = RecordBuffer()
        for (ordinal, record) in (first + third).enumerated() {
            try manifest.readRecord(ordinal, into: &buffer)
            #expect(buffer.copy() == record)
            #expect(manifest.locate(ordinal).fileIndex == (ordinal < 3 ? 0 : 2))
        }
    }

    @Test("the fingerprint stays with a copy, and changes with names, order and records")
    func fingerprint() throws {
        try write([payload(0, count: 5), payload(1, count: 5)], to: directory.path + "/a.rec")
        try write([payload(2, count: 5)], to: directory.path + "/b.rec")
        let a = directory.path + "/a.rec"
        let b = directory.path + "/b.rec"
        let fingerprint = try Manifest.open(paths: "\(a);\(b)").fingerprint
        #expect(fingerprint.count == 32)
        let copy = try TemporaryFolder()
        try copy.write(try directory.read("a.rec"), to: "a.rec")
        try copy.write(try directory.read("b.rec"), to: "b.rec")
        #expect(setModificationTime(copy.path + "/a.rec", 5))
        #expect(try Manifest.open(paths: copy.path).fingerprint == fingerprint)
        #expect(try Manifest.open(paths: "\(b);\(a)").fingerprint != fingerprint)
        #expect(try Manifest.open(paths: a).fingerprint != fingerprint)
        #expect(rename(copy.path + "/b.rec", to: copy.path + "/c.rec"))
        #expect(try Manifest.open(paths: copy.path).fingerprint != fingerprint)
        // An .idx file that lists all records gives the same data set, one that does not another.
        let all = try directory.write("0\t0\n1\t16\n", to: "all.idx")
        let some = try directory.write("0\t16\n", to: "some.idx")
        #expect(try Manifest.open(paths: a, indexPaths: all).fingerprint == Manifest.open(paths: a).fingerprint)
        #expect(try Manifest.open(paths: a, indexPaths: some).fingerprint != Manifest.open(paths: a).fingerprint)
    }

    /// Written down once: a fingerprint that changes between versions would make every saved position useless.
    @Test("the fingerprint is the same in every version")
    func fingerprintIsStable() throws {
        try write([payload(0, count: 5), payload(1, count: 5)], to: directory.path + "/a.rec")
        #expect(try Manifest.open(paths: directory.path).fingerprint == "f233e9b2fb2bc98cdcea3f6f2817785a")
    }

    @Test("as many .idx files as data files are needed")
    func indexCount() throws {
        try write([payload(0, count: 5)], to: directory.path + "/a.rec", indexPath: directory.path + "/a.idx")
        try write([payload(1, count: 5)], to: directory.path + "/b.rec", indexPath: directory.path + "/b.idx")
        let a = directory.path + "/a.idx"
        let b = directory.path + "/b.idx"
        #expect(throws: RecordError.indexCountMismatch(indexCount: 1, fileCount: 2)) {
            try Manifest.open(paths: directory.path, indexPaths: a)
        }
        #expect(try Manifest.open(paths: directory.path, indexPaths: "\(a);\(b)").sampleCount == 2)
        #expect(try Manifest.open(paths: directory.path, indexPaths: "").sampleCount == 2)
    }

    @Test("files without one readable record are an error that says why")
    func nothingReadable() throws {
        let path = try directory.write([UInt8](repeating: 0, count: 64), to: "a.rec")
        #expect(throws: RecordError.damaged(.badMagic(found: 0), file: path, offset: 0)) {
            try Manifest.open(paths: path)
        }
    }

    @Test("a scan can be given up")
    func cancelled() throws {
        // Large enough for the scan to report; a hole, so that it takes no room.
        let path = try directory.write(part(0, [1]), to: "a.rec")
        #expect(truncate(path, toByteCount: 200 << 20))
        #expect(throws: RecordError.cancelled(file: path)) { try Manifest.open(paths: path) { _, _ in false } }
    }

    // MARK: Shares

    func tenRecords() throws -> Manifest {
        // 152 bytes each with their headers.
        try write((0..<10).map { payload($0, count: 144) }, to: directory.path + "/a.rec")
        return try Manifest.open(paths: directory.path + "/a.rec")
    }

    @Test(
        "byte ranges hold the records that MXNet gives each part",
        arguments: [
            (1, [10]), (2, [5, 5]), (3, [4, 3, 3]), (4, [3, 2, 3, 2]), (7, [2, 1, 2, 1, 2, 1, 1]),
            (11, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
        ] as [(Int, [Int])])
    func byBytes(partCount: Int, counts: [Int]) throws {
        let manifest = try tenRecords()
        let ranges = (0..<partCount).map { BytePartition.byBytes(manifest, part: $0, of: partCount) }
        #expect(ranges.map(\.count) == counts)
    }

    @Test(
        "byte ranges of several files are disjoint and cover the data", arguments: [1, 2, 3, 4, 5, 9, 50, 10_000, .max])
    func cover(partCount: Int) throws {
        try write((0..<10).map { payload($0, count: $0 * 17) }, to: directory.path + "/a.rec")
        try directory.write(payload(0, count: 40), to: "b.rec")
        try write((0..<3).map { payload($0, count: 300) }, to: directory.path + "/c.rec")
        let manifest = try Manifest.open(paths: directory.path)
        var next = 0
        for part in 0..<min(partCount, 20_000) {
            let range = BytePartition.byBytes(manifest, part: part, of: partCount)
            #expect(range.lowerBound == next)
            next = range.upperBound
        }
        #expect(next == manifest.sampleCount)
    }

    @Test("a record belongs to the part that its first byte lies in, counted over all files")
    func firstByte() throws {
        try write((0..<4).map { payload($0, count: 40) }, to: directory.path + "/a.rec")
        try write((0..<5).map { payload($0, count: 100) }, to: directory.path + "/b.rec")
        let manifest = try Manifest.open(paths: directory.path)
        #expect(manifest.byteCount == 4 * 48 + 5 * 108)
        for partCount in 1...30 {
            let step = ((Int(manifest.byteCount) + partCount - 1) / partCount + 3) / 4 * 4
            let starts = (0..<4).map { $0 * 48 } + (0..<5).map { 192 + $0 * 108 }
            for part in 0..<partCount {
                let range = BytePartition.byBytes(manifest, part: part, of: partCount)
                let expected = starts.indices.filter { starts[$0] / step == part }
                #expect(Array(range) == expected)
            }
        }
    }

    @Test("shuffle_chunk_size cuts each part as MXNet does", arguments: [(1, 1, 9), (2, 1, 5), (1, 4, 3), (8, 8, 1)])
    func chunks(partCount: Int, chunkMegabytes: Int, expected: Int) throws {
        try write([payload(0, count: (8 << 20) - 8)], to: directory.path + "/a.rec")
        let manifest = try Manifest.open(paths: directory.path)
        let chunks = BytePartition.chunksPerPart(manifest, partCount: partCount, chunkMegabytes: chunkMegabytes)
        #expect(chunks == expected)
    }

    @Test("many threads read from one manifest, each its own record")
    func threads() async throws {
        let records = (0..<64).map { payload($0, count: 1000 + $0) }
        try write(records, to: directory.path + "/a.rec")
        let manifest = try Manifest.open(paths: directory.path)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for start in 0..<8 {
                group.addTask {
                    var buffer = RecordBuffer()
                    for lap in 0..<200 {
                        let ordinal = (start + lap * 7) % records.count
                        try manifest.readRecord(ordinal, into: &buffer)
                        if buffer.copy() != records[ordinal] { return false }
                    }
                    return true
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test(
        "equal counts, the last part taking what is left",
        arguments: [
            (10, 3, [4, 4, 2]), (10, 4, [3, 3, 3, 1]), (3, 5, [1, 1, 1, 0, 0]), (9, 4, [3, 3, 3, 0]), (0, 2, [0, 0]),
        ] as [(Int, Int, [Int])])
    func byRecords(sampleCount: Int, partCount: Int, counts: [Int]) {
        let ranges = (0..<partCount).map { BytePartition.byRecords(sampleCount, part: $0, of: partCount) }
        #expect(ranges.map(\.count) == counts)
        #expect(ranges.flatMap(Array.init) == Array(0..<sampleCount))
    }
}

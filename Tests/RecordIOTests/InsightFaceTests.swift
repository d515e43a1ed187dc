import TestSupport
import Testing

@testable import RecordIO

@Suite struct InsightFaceTests {
    let directory: TemporaryFolder

    init() throws { directory = try TemporaryFolder() }

    /// Images with two labels each, as InsightFace's own have, then the header, then the identities.
    static func records(images: Int, identities: Int, first: Float? = nil, end: Float? = nil) -> [[UInt8]] {
        var records: [[UInt8]] = []
        for id in 1...images {
            records.append(
                ImageRecordHeader(id: UInt64(id)).pack(labels: [Float(id % 3), 1], image: payload(id, count: 50).span))
        }
        let claim = [first ?? Float(images + 1), end ?? Float(images + 1 + identities)]
        records.append(ImageRecordHeader(id: 0).pack(labels: claim, image: [UInt8]().span))
        for number in 0..<identities {
            let id = UInt64(images + 1 + number)
            records.append(ImageRecordHeader(id: id).pack(labels: [1, 4], image: [UInt8]().span))
        }
        return records
    }

    func open(_ records: [[UInt8]], listed: Bool) throws -> RecordIndex {
        let keys = try records.map { try ImageRecordHeader(parsing: $0.rawSpan).id }
        try write(records, to: directory.path + "/a.rec", indexPath: directory.path + "/a.idx", keys: keys)
        let file = try RecordFile(path: directory.path + "/a.rec")
        return listed
            ? try RecordIndex.read(indexPath: directory.path + "/a.idx", for: file) : try RecordIndex.scan(file)
    }

    @Test("header and identities are recognised, and only images are samples", arguments: [false, true])
    func recognised(listed: Bool) throws {
        let records = Self.records(images: 12, identities: 4)
        let index = try open(records, listed: listed)
        let layout = try #require(index.insightFace)
        #expect(layout.imageCount == 12)
        #expect(layout.identityCount == 4)
        #expect(layout.warning == nil)
        #expect(try readAll(index, RecordFile(path: directory.path + "/a.rec")) == Array(records[..<12]))
        #expect(index.keys == (listed ? Array(1...12) : nil))
    }

    @Test("the header may come first, and the .idx lines in any order")
    func reordered() throws {
        let records = Self.records(images: 5, identities: 2)
        let order = [5, 0, 1, 2, 3, 4, 6, 7]
        try write(order.map { records[$0] }, to: directory.path + "/a.rec")
        let file = try RecordFile(path: directory.path + "/a.rec")
        let scanned = try RecordIndex.scan(file)
        #expect(try readAll(scanned, file) == Array(records[..<5]))
        let keys = [0, 1, 2, 3, 4, 5, 6, 7]
        let offsets = try RecordWalkerOffsets(file: file).offsets
        let lines = [7, 3, 0, 1, 6, 2, 5, 4].map { "\(keys[$0])\t\(offsets[$0])\n" }
        let idx = try directory.write(lines.joined(), to: "a.idx")
        let listed = try RecordIndex.read(indexPath: idx, for: file)
        #expect(try readAll(listed, file) == Array(records[..<5]))
        #expect(listed.keys == [1, 2, 3, 4, 5])
        #expect(listed.listedOrder == [2, 0, 1, 4, 3])
    }

    @Test(
        "a claim that is not true costs no image, and is told", arguments: [false, true],
        [(1, 1), (1, 1_000_000), (3, 20), (14, 14), (1_000_000, 2_000_000)] as [(Float, Float)])
    func falseClaim(listed: Bool, claim: (Float, Float)) throws {
        let records = Self.records(images: 12, identities: 4, first: claim.0, end: claim.1)
        let index = try open(records, listed: listed)
        #expect(try readAll(index, RecordFile(path: directory.path + "/a.rec")) == Array(records[..<12]))
        #expect(index.insightFace?.warning != nil)
    }

    @Test(
        "a claim that is no range of keys is no InsightFace header",
        arguments: [(5, 2), (.nan, 3), (1, .infinity), (-1, 5)] as [(Float, Float)])
    func noClaim(claim: (Float, Float)) throws {
        let records = Self.records(images: 3, identities: 2, first: claim.0, end: claim.1)
        let index = try open(records, listed: false)
        #expect(index.insightFace == nil)
        #expect(index.count == records.count)
    }

    @Test("ordinary files with an image of id 0 are left alone", arguments: [false, true])
    func ordinary(listed: Bool) throws {
        let records = (0..<6).map {
            ImageRecordHeader(id: UInt64($0)).pack(labels: [1, 2], image: payload($0, count: 9).span)
        }
        let index = try open(records, listed: listed)
        #expect(index.insightFace == nil)
        #expect(index.count == 6)
    }
}

/// The offsets of all records, those without image included.
private struct RecordWalkerOffsets {
    var offsets: [UInt64] = []

    init(file: RecordFile) throws(RecordError) {
        var walker = RecordWalker(file: file)
        while case .record(let extent) = try walker.next(resynchronise: false) { offsets.append(extent.offset) }
    }
}

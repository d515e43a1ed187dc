import TestSupport
import Testing

@testable import RecordIO

@Suite struct IndexFileTests {
    let directory: TemporaryFolder
    let path: String
    /// Six records of 24 bytes each in the file.
    let records = (0..<6).map { payload($0, count: 16) }

    init() throws {
        directory = try TemporaryFolder()
        path = directory.path + "/a.rec"
        try write(records, to: path)
    }

    func read(_ text: String) throws -> RecordIndex {
        try RecordIndex.read(indexPath: try directory.write(text, to: "a.idx"), for: RecordFile(path: path))
    }

    func found(_ index: RecordIndex) throws -> [[UInt8]] { try readAll(index, RecordFile(path: path)) }

    @Test(
        "tabs, spaces, CR LF, empty lines, further columns and a missing last line end are all read",
        arguments: [
            "5\t0\n3\t24\n", "5 0\n3 24", "5\t0\r\n3\t24\r\n", "\n5\t0\n\n\n3\t24\n\n", "  5 \t 0  \n3\t\t24 x\n",
            "5\t0\tcat.jpg\n3\t24\tdog.jpg 7\n",
        ])
    func variants(text: String) throws {
        let index = try read(text)
        #expect(index.keys == [5, 3])
        #expect(index.offsets == [0, 24])
        #expect(index.listedOrder == nil)
        #expect(try found(index) == Array(records[..<2]))
    }

    @Test("records not listed are left out, and none are glued together")
    func partial() throws {
        let index = try read("1\t24\n4\t96\n")
        #expect(try found(index) == [records[1], records[4]])
    }

    @Test("records come in the order of their offsets, and the order of lines is kept beside")
    func unsorted() throws {
        let index = try read("9\t120\n8\t0\n7\t48\n")
        #expect(try found(index) == [records[0], records[2], records[5]])
        #expect(index.keys == [8, 7, 9])
        #expect(index.listedOrder == [2, 0, 1])
    }

    @Test("keys find records, of equal ones the last listed")
    func keys() throws {
        let lookup = KeyLookup(try read("9\t120\n1\t96\n8\t0\n1\t48\n"))
        #expect(lookup.ordinal(ofKey: 9) == 3)
        #expect(lookup.ordinal(ofKey: 8) == 0)
        #expect(lookup.ordinal(ofKey: 1) == 1)
        #expect(lookup.ordinal(ofKey: 2) == nil)
        #expect(lookup.ordinal(ofKey: .max) == nil)
        #expect(KeyLookup(try RecordIndex.scan(RecordFile(path: path))).ordinal(ofKey: 0) == nil)
    }

    @Test(
        "a line that cannot be used is an error with its number",
        arguments: [
            ("0\t0\nhello\tworld\n", 2), ("0\t0\n1\n", 2), ("0\t0\n1\t-4\n2\t48\n", 2), ("0\t0x10\n", 1),
            ("0\t0\n\n1\t24\n2", 4), ("99999999999999999999\t0\n", 1), ("0\t1.5\n", 1), ("0\t0\n1\t\n", 2),
            (String(repeating: "0\t0\n", count: 20), 19),
        ])
    func badLines(text: String, line: Int) throws {
        let error = try #require(throws: RecordError.self) { try read(text) }
        guard case .badLine(directory.path + "/a.idx", line, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test(
        "offsets that cannot be records are an error that says which",
        arguments: [
            ("0\t0\n1\t26\n", "key 1"), ("0\t0\n7\t144\n", "key 7"), ("0\t0\n7\t140\n", "key 7"),
            ("0\t18446744073709551612\n", "key 0"), ("3\t24\n4\t0\n5\t24\n", "keys 3 and 5"), ("", "no record"),
            ("0\t4\n1\t28\n2\t48\n", "3 offsets tried, 2"),
        ])
    func badOffsets(text: String, says: String) throws {
        let error = try #require(throws: RecordError.self) { try read(text) }
        guard case .badIndex(_, path, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains(says))
    }

    @Test("a single wrong offset among right ones is found when it is read")
    func lyingOffset() throws {
        let index = try read("0\t0\n1\t24\n2\t52\n3\t72\n")
        let file = try RecordFile(path: path)
        var buffer = RecordBuffer()
        #expect(throws: RecordError.self) { try file.readRecord(index[2], into: &buffer) }
        try file.readRecord(index[3], into: &buffer)
        #expect(buffer.copy() == records[3])
    }

    @Test("an .idx file longer than one block is read whole")
    func longIndex() throws {
        let many = [[UInt8]](repeating: [1, 2, 3, 4], count: 120_000)
        try write(many, to: directory.path + "/b.rec", indexPath: directory.path + "/b.idx")
        let file = try RecordFile(path: directory.path + "/b.rec")
        let listed = try RecordIndex.read(indexPath: directory.path + "/b.idx", for: file)
        #expect(listed.offsets == (0..<120_000).map { UInt64($0 * 12) })
        #expect(try RecordIndex.scan(file).offsets == listed.offsets)
    }
}

import TestSupport
import Testing

@testable import RecordIO

@Suite struct FramingTests {
    let directory: TemporaryFolder

    init() throws { directory = try TemporaryFolder() }

    /// The bytes that MXNet 1.9.1 writes for these payloads.
    static let golden: [(payload: [UInt8], stored: [UInt8])] = [
        ([], hex("0a23d7ce 00000000")),
        (Array("abc".utf8), hex("0a23d7ce 03000000 61626300")),
        (magicBytes, hex("0a23d7ce 00000020 0a23d7ce 00000060")),
        (
            Array("12345678".utf8) + magicBytes + Array("xyz1".utf8) + magicBytes,
            hex("0a23d7ce 08000020 3132333435363738 0a23d7ce 04000040 78797a31 0a23d7ce 00000060")
        ),
        (Array("1".utf8) + magicBytes, hex("0a23d7ce 05000000 310a23d7 ce000000")),
        (
            magicBytes + magicBytes + Array("a".utf8),
            hex("0a23d7ce 00000020 0a23d7ce 00000040 0a23d7ce 01000060 61000000")
        ),
    ]

    @Test("records are written as MXNet writes them, and read back", arguments: golden.indices)
    func goldenBytes(position: Int) throws {
        let (payload, stored) = Self.golden[position]
        let path = directory.path + "/a.rec"
        try write([payload], to: path)
        #expect(try directory.read("a.rec") == stored)
        #expect(try readAll(path).records == [payload])
        let file = try RecordFile(path: path)
        let index = try RecordIndex.scan(file)
        #expect(index.count == 1)
        #expect(index[0] == RecordEntry(offset: 0, spanBytes: UInt32(stored.count)))
        #expect(try readAll(index, file) == [payload])
    }

    @Test("the .idx file lists keys and offsets as MXNet does")
    func indexFile() throws {
        let records = (0..<3).map { Array("record_\($0)".utf8) }
        try write(records, to: directory.path + "/a.rec", indexPath: directory.path + "/a.idx")
        #expect(try directory.read("a.idx") == Array("0\t0\n1\t16\n2\t32\n".utf8))
        try write(records, to: directory.path + "/b.rec", indexPath: directory.path + "/b.idx", keys: [7, 5, 9])
        #expect(try directory.read("b.idx") == Array("7\t0\n5\t16\n9\t32\n".utf8))
        #expect(try directory.names == ["a.idx", "a.rec", "b.idx", "b.rec"])
    }

    @Test("random payloads, with magic numbers at every kind of place, come back whole", arguments: 0..<40)
    func roundTrip(seed: Int) throws {
        var generator = SeededGenerator(UInt64(seed))
        var records: [[UInt8]] = []
        for _ in 0..<50 {
            var record: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: record += magicBytes
                case 1: record += magicBytes.prefix(Int.random(in: 1...3, using: &generator))
                case 2: record.append(UInt8.random(in: 0...255, using: &generator))
                default:
                    let count = Int.random(in: 0...40, using: &generator)
                    record += (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                }
            }
            records.append(record)
        }
        let path = directory.path + "/a.rec"
        try write(records, to: path, indexPath: directory.path + "/a.idx")
        #expect(try readAll(path).records == records)
        #expect(try readAll(path, onDamage: .resynchronise).records == records)
        let file = try RecordFile(path: path)
        let scanned = try RecordIndex.scan(file)
        #expect(try readAll(scanned, file) == records)
        #expect(scanned.damage.isEmpty)
        let listed = try RecordIndex.read(indexPath: directory.path + "/a.idx", for: file)
        #expect(try readAll(listed, file) == records)
        #expect(listed.offsets == scanned.offsets)
    }

    @Test("records beyond one read and one write buffer come back whole, in one part and in many")
    func largeRecords() throws {
        var generator = SeededGenerator(1)
        let plain = payload(1, count: 5_000_003)
        var split = (0..<3_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for position in stride(from: 0, to: split.count - 4, by: 4096) {
            split.replaceSubrange(position..<position + 4, with: magicBytes)
        }
        let path = directory.path + "/a.rec"
        try write([plain, split, [], plain], to: path)
        let file = try RecordFile(path: path)
        let index = try RecordIndex.scan(file)
        #expect(try readAll(index, file) == [plain, split, [], plain])
        // A wrong hint costs reads and nothing else.
        var buffer = RecordBuffer()
        for hint: UInt32 in [0, 7, 9, 1 << 20, .max] {
            try file.readRecord(RecordEntry(offset: index[1].offset, spanBytes: hint), into: &buffer)
            #expect(buffer.copy() == split)
        }
    }

    @Test("a writer that is dropped leaves nothing behind and touches no older file")
    func abandonedWriter() throws {
        try directory.write("old", to: "a.rec")
        do {
            var writer = try RecordWriter(path: directory.path + "/a.rec", indexPath: directory.path + "/a.idx")
            try writer.write(payload(0, count: 3_000_000).span)
            #expect(try directory.names.count == 3)
        }
        #expect(try directory.names == ["a.rec"])
        #expect(try directory.read("a.rec") == Array("old".utf8))
    }

    @Test("a payload of 2^29 bytes is refused, and the file stays whole")
    func tooLargeToWrite() throws {
        var writer = try RecordWriter(path: directory.path + "/a.rec")
        try writer.write(Array("x".utf8).span)
        #expect(throws: RecordError.payloadTooLarge(byteCount: 1 << 29, file: directory.path + "/a.rec")) {
            try writer.write([UInt8](repeating: 1, count: 1 << 29).span)
        }
        try writer.finish()
        #expect(try readAll(directory.path + "/a.rec").records == [Array("x".utf8)])
    }

    @Test("a file that shrinks while it is open gives an error")
    func truncatedWhileOpen() throws {
        let path = directory.path + "/a.rec"
        try write([payload(1, count: 100), payload(2, count: 100)], to: path)
        let file = try RecordFile(path: path)
        let index = try RecordIndex.scan(file)
        try directory.write(Array(try directory.read("a.rec").prefix(50)), to: "b.rec")
        #expect(truncate(path, toByteCount: 120))
        var buffer = RecordBuffer()
        try file.readRecord(index[0], into: &buffer)
        #expect(throws: RecordError.fileChanged(file: path, offset: 120)) {
            try file.readRecord(index[1], into: &buffer)
        }
        #expect(buffer.byteCount == 0)
    }

    @Test("a directory, a FIFO and a missing file are refused")
    func refusedFiles() throws {
        #expect(throws: RecordError.notARegularFile(path: directory.path)) { try RecordFile(path: directory.path) }
        let fifo = directory.path + "/fifo"
        #expect(makeFIFO(fifo))
        #expect(throws: RecordError.notARegularFile(path: fifo)) { try RecordFile(path: fifo) }
        try directory.write("", to: "train.rec")
        let suggestion = directory.path + "/train.rec"
        #expect(throws: RecordError.missingFile(path: directory.path + "/trian.rec", suggestion: suggestion)) {
            try RecordFile(path: directory.path + "/trian.rec")
        }
    }
}

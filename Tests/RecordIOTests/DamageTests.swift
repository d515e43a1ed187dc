import TestSupport
import Testing

@testable import RecordIO

@Suite struct DamageTests {
    let directory: TemporaryFolder

    init() throws { directory = try TemporaryFolder() }

    /// Records of one and of several parts, of lengths with and without padding.
    static let records: [[UInt8]] = [
        payload(0, count: 10), payload(1, count: 8) + magicBytes + payload(2, count: 5), [], magicBytes,
        payload(3, count: 33),
    ]

    /// Where each of `records` ends in its file.
    static func ends() -> [Int] {
        var end = 0
        return [20, 32, 8, 16, 44].map { (size: Int) in
            end += size
            return end
        }
    }

    @Test("cut at every byte, a file yields the whole records before the cut and says what is behind them")
    func truncationAtEveryByte() throws {
        try write(Self.records, to: directory.path + "/a.rec")
        let bytes = try directory.read("a.rec")
        let ends = Self.ends()
        #expect(ends.last == bytes.count)
        for length in 0..<bytes.count {
            let path = try directory.write(Array(bytes[..<length]), to: "cut.rec")
            let whole = ends.filter { $0 <= length }.count
            let boundary = whole == 0 ? 0 : ends[whole - 1]
            let (found, damage) = try readAll(path, onDamage: .resynchronise)
            #expect(found == Array(Self.records[..<whole]), "cut at \(length)")
            #expect(damage.byteCount == UInt64(length - boundary), "cut at \(length)")
            if length == boundary {
                #expect(try readAll(path).records == found)
            } else {
                #expect(damage.ranges.map(\.offset) == [UInt64(boundary)], "cut at \(length)")
                let error = try #require(throws: RecordError.self) { try readAll(path) }
                guard case .damaged(let fault, _, _) = error else {
                    Issue.record("cut at \(length): \(error)")
                    continue
                }
                switch fault {
                case .truncatedHeader, .truncatedPart, .unfinished: break
                default: Issue.record("cut at \(length): \(error)")
                }
            }
            let file = try RecordFile(path: path)
            let index = try RecordIndex.scan(file)
            #expect(try readAll(index, file) == found)
            #expect(index.damage == damage)
            // Reading where the cut record began must fail too.
            var buffer = RecordBuffer()
            #expect(throws: RecordError.self) {
                try file.readRecord(RecordEntry(offset: UInt64(boundary), spanBytes: .max), into: &buffer)
            }
        }
    }

    @Test("with any one byte changed, nothing traps and records far from it are found")
    func oneByteChanged() throws {
        let records = (0..<6).map { payload($0, count: 16) }
        try write(records, to: directory.path + "/a.rec")
        let bytes = try directory.read("a.rec")
        for position in bytes.indices {
            for change: UInt8 in [0xFF, 0x01, 0x20, 0x80] {
                var changed = bytes
                changed[position] ^= change
                let path = try directory.write(changed, to: "changed.rec")
                let (found, damage) = try readAll(path, onDamage: .resynchronise)
                let hit = position / 24
                // The record that was hit may be lost, or come with other bytes; all others must be there.
                let others = records.indices.filter { $0 != hit }.map { records[$0] }
                #expect(others.allSatisfy(found.contains), "byte \(position) ^ \(change)")
                #expect(found.count <= records.count)
                #expect(damage.byteCount <= UInt64(bytes.count))
                let file = try RecordFile(path: path)
                let index = try RecordIndex.scan(file)
                #expect(try readAll(index, file) == found)
            }
        }
    }

    @Test("random bytes never trap, and every record put between them is found", arguments: 0..<60)
    func garbageBetween(seed: Int) throws {
        var generator = SeededGenerator(UInt64(seed))
        var bytes: [UInt8] = []
        var records: [[UInt8]] = []
        for number in 0..<20 {
            if Bool.random(using: &generator) {
                let words = Int.random(in: 1...30, using: &generator)
                // Bytes below 0x80 cannot be a magic number; aligned, as an overwritten block is.
                bytes += (0..<words * 4).map { _ in UInt8.random(in: 0...127, using: &generator) }
            }
            let record = payload(number, count: Int.random(in: 0...50, using: &generator))
            records.append(record)
            bytes += part(0, record)
        }
        let path = try directory.write(bytes, to: "a.rec")
        let (found, damage) = try readAll(path, onDamage: .resynchronise)
        #expect(found == records)
        let stored = records.reduce(0) { $0 + 8 + ($1.count + 3) / 4 * 4 }
        #expect(damage.byteCount == UInt64(bytes.count - stored))
    }

    @Test("files of nothing but headers and noise end, and cost no more than they are long", arguments: 0..<60)
    func hostileHeaders(seed: Int) throws {
        var generator = SeededGenerator(UInt64(seed))
        var bytes: [UInt8] = []
        for _ in 0..<200 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes += magicBytes
            case 1:
                bytes += part(
                    UInt32.random(in: 0...7, using: &generator), [], length: Int.random(in: 0..<600, using: &generator))
            default:
                bytes += (0..<Int.random(in: 1...9, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            }
        }
        let path = try directory.write(bytes, to: "a.rec")
        let (found, damage) = try readAll(path, onDamage: .resynchronise)
        let file = try RecordFile(path: path)
        let index = try RecordIndex.scan(file)
        #expect(try readAll(index, file) == found)
        let stored = index.spans.reduce(0) { $0 + UInt64($1) }
        #expect(stored + damage.byteCount == UInt64(bytes.count))
    }

    @Test("a million starts of one endless chain of parts are given up in time")
    func sharedChain() throws {
        // Each first part leads to the same row of middle parts, which no last part ends.
        let starts = 60_000
        var bytes: [UInt8] = []
        for number in 0..<starts { bytes += part(1, [], length: (starts - number - 1) * 8) }
        for _ in 0..<starts { bytes += part(2, []) }
        let path = try directory.write(bytes, to: "a.rec")
        let (found, damage) = try readAll(path, onDamage: .resynchronise)
        #expect(found.isEmpty)
        #expect(damage.byteCount == UInt64(bytes.count))
    }

    /// The third of five records is replaced, and what must be found is told.
    static let replacements: [(name: String, bytes: [UInt8], fault: RecordFault)] = [
        ("first part without a second", part(1, payload(9, count: 16)), .badContinuation(flag: 0, partsBefore: 1)),
        ("middle part as the begin", part(2, payload(9, count: 16)), .badContinuation(flag: 2, partsBefore: 0)),
        ("last part as the begin", part(3, payload(9, count: 16)), .badContinuation(flag: 3, partsBefore: 0)),
        ("kind 4", part(4, payload(9, count: 16)), .badContinuation(flag: 4, partsBefore: 0)),
        ("kind 7", part(7, payload(9, count: 16)), .badContinuation(flag: 7, partsBefore: 0)),
        (
            "two first parts", part(1, payload(9, count: 4)) + part(1, payload(9, count: 4)),
            .badContinuation(flag: 1, partsBefore: 1)
        ),
        (
            "whole record after first part", part(1, []) + part(2, []) + part(4, []),
            .badContinuation(flag: 4, partsBefore: 2)
        ),
        (
            "length beyond the file", part(0, payload(9, count: 16), length: 1 << 20),
            .truncatedPart(neededBytes: 1 << 20, availableBytes: 16 + 48)
        ),
        ("garbage", payload(9, count: 24), .badMagic(found: 0x1A19_1817)),
        ("zeros", [UInt8](repeating: 0, count: 24), .badMagic(found: 0)),
    ]

    @Test("a bad record in the middle is named, and the others are found", arguments: replacements.indices)
    func badRecord(position: Int) throws {
        let (name, replacement, fault) = Self.replacements[position]
        let good = (0..<4).map { payload($0, count: 16) }
        let before = part(0, good[0]) + part(0, good[1])
        let path = try directory.write(before + replacement + part(0, good[2]) + part(0, good[3]), to: "a.rec")
        let (found, damage) = try readAll(path, onDamage: .resynchronise)
        #expect(found == good, "\(name)")
        #expect(damage.rangeCount == 1)
        #expect(damage.ranges.first?.offset == UInt64(before.count))
        #expect(damage.ranges.first?.reason == fault)
        #expect(damage.byteCount == UInt64(replacement.count))
        let error = try #require(throws: RecordError.self) { try readAll(path) }
        guard case .damaged(fault, path, _) = error else {
            Issue.record("\(name): \(error)")
            return
        }
        var buffer = RecordBuffer()
        let file = try RecordFile(path: path)
        #expect(throws: error) {
            try file.readRecord(RecordEntry(offset: UInt64(before.count), spanBytes: 24), into: &buffer)
        }
    }

    @Test("a length that swallows part of the next record costs those two, not the third")
    func lengthTooLong() throws {
        let good = (0..<5).map { payload($0, count: 16) }
        var bytes = good.flatMap { part(0, $0) }
        bytes[24 + 4] = 28
        let (found, damage) = try readAll(try directory.write(bytes, to: "a.rec"), onDamage: .resynchronise)
        // The second record's header lies; the third begins inside it and is whole.
        #expect(found == [good[0], good[2], good[3], good[4]])
        #expect(damage.ranges.map(\.offset) == [24])
        #expect(damage.byteCount == 24)
    }

    @Test("a record above the limit is damage and no allocation")
    func recordLimit() throws {
        let records = [payload(0, count: 10), payload(1, count: 101), payload(2, count: 100)]
        let path = directory.path + "/a.rec"
        try write(records, to: path)
        let (found, damage) = try readAll(path, onDamage: .resynchronise, maximumRecordBytes: 100)
        #expect(found == [records[0], records[2]])
        #expect(damage.ranges.map(\.reason) == [.tooLarge(payloadBytes: 101, limitBytes: 100)])
    }

    @Test("small trailing bytes are reported", arguments: 1..<12)
    func trailingBytes(count: Int) throws {
        let record = payload(0, count: 10)
        let bytes = part(0, record) + [UInt8](repeating: 0, count: count)
        let (found, damage) = try readAll(try directory.write(bytes, to: "a.rec"), onDamage: .resynchronise)
        #expect(found == [record])
        #expect(damage.byteCount == UInt64(count))
        #expect(damage.ranges.map(\.offset) == [20])
    }
}

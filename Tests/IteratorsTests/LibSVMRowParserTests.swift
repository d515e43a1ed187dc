import DataTypes
import RecordIO
import TestSupport
import Testing

@testable import Iterators

/// Reading single lines: pairs to the bit, and faults with their columns.
struct LibSVMRowParserTests {
    struct Reading: Equatable {
        var label: Float
        var values: [Float]
        var indices: [Int64]
    }

    /// The line as read, counted and then written; nil when it is no row.
    private static func parse(
        _ text: [UInt8], columns: Int = 10, firstIndex: Int = 0, room: Int? = nil
    ) throws -> Reading? {
        let parser = LibSVMRowParser(columns: columns, firstIndex: firstIndex)
        let bytes = text + [UInt8](repeating: 0, count: RecordFile.paddingBytes)
        var position = 0
        guard let row = try unsafe parser.parse(bytes.span.bytes, &position, end: text.count, into: nil) else {
            return nil
        }
        #expect(position <= text.count)
        let pairs = room ?? row.pairs
        var values = [UInt8](repeating: 0xEE, count: 4 * pairs)
        var indices = [UInt8](repeating: 0xEE, count: 8 * pairs)
        try unsafe values.withUnsafeMutableBytes { values in
            try unsafe indices.withUnsafeMutableBytes { indices in
                var again = 0
                let room = unsafe LibSVMRowParser.Room(values: values, indices: indices)
                let written = try unsafe parser.parse(bytes.span.bytes, &again, end: text.count, into: room)
                #expect(written == row || row.label.isNaN)
                #expect(again == position)
            }
        }
        return Reading(
            label: row.label,
            values: (0..<pairs).map { at in
                unsafe values.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: 4 * at, as: Float.self) }
            },
            indices: (0..<pairs).map { at in
                unsafe indices.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: 8 * at, as: Int64.self) }
            })
    }

    @Test(
        "lines and what they mean",
        arguments: [
            ("1 0:0.5 2:1.2", 1, [0.5, 1.2], [0, 2]),
            ("-2.5", -2.5, [], []),
            ("\t 3 \t 9:+4e-1  ", 3, [0.4], [9]),
            ("4 1:1\r", 4, [1], [1]),
            ("4 1:1\nx y z", 4, [1], [1]),
            ("1:0.5 0:1", 1, [1], [0]),
            ("2 qid:17 1:2", 2, [2], [1]),
            ("2:1 qid:017 1:2", 2, [2], [1]),
            ("1 0:1 # 2:3", 1, [1], [0]),
            ("1 0:1#note", 1, [1], [0]),
            ("1#", 1, [], []),
            ("1 2:1 0:3 2:5", 1, [1, 3, 5], [2, 0, 2]),
            ("\u{FEFF}1 3:7", 1, [7], [3]),
            ("1 0003:7", 1, [7], [3]),
            ("1 3:0.1", 1, [0.1], [3]),
            ("inf 3:-infinity", .infinity, [-.infinity], [3]),
        ] as [(String, Float, [Float], [Int64])])
    func meaning(text: String, label: Float, values: [Float], indices: [Int64]) throws {
        #expect(try Self.parse(Array(text.utf8)) == Reading(label: label, values: values, indices: indices))
    }

    @Test("blank lines and comments are no rows", arguments: ["", " \t", "\n1", "# 1 2:3", "  #e", "\u{FEFF}"])
    func noRows(text: String) throws {
        #expect(try Self.parse(Array(text.utf8)) == nil)
    }

    @Test(
        "what is no row is refused, with its column",
        arguments: [
            ("abc 0:1", "column 1: 'abc' is not a label"),
            ("1x 0:1", "column 1: '1x' is not a label"),
            ("1,2 0:1", "column 1: '1,2' is not a label"),
            ("1: 0:1", "column 3: the line ends where a label's weight was due"),
            ("1:x 0:1", "column 3: 'x' is not a label's weight"),
            ("1e39 0:1", "column 1: 1e39 does not fit float32"),
            ("1 0", "column 3: '0' is not a pair index:value"),
            ("1 0 2", "column 3: '0' is not a pair index:value"),
            ("1 a:1", "column 3: 'a:1' is not a pair index:value"),
            ("1 2.5:1", "column 3: '2.5:1' is not a pair index:value"),
            ("1 :1", "column 3: ':1' is not a pair index:value"),
            ("1 2:", "column 5: the line ends where a value was due"),
            ("1 2:x", "column 5: 'x' is not a value"),
            ("1 2:1x 3:1", "column 5: '1x' is not a value"),
            ("1 2:1:3", "column 5: '1:3' is not a value"),
            ("1 2:1e99", "column 5: 1e99 does not fit float32"),
            ("1 10:1", "column 3: there is no index 10; the shape allows 0 to 9"),
            ("1 -1:1", "column 3: there is no index -1:1; the shape allows 0 to 9"),
            ("1 99999999999999999999:1", "column 3: there is no index 99999999999999999999; the shape allows 0 to 9"),
            ("1 18446744073709551616:1", "column 3: there is no index 18446744073709551616; the shape allows 0 to 9"),
            ("1 qid:x 0:1", "column 7: 'x' is not a query's number"),
            ("1 qid:-1 0:1", "column 7: '-1' is not a query's number"),
            ("1 0:1 qid:1", "column 7: 'qid:1' is not a pair index:value"),
            ("1 0:1 \u{1B}[2J", "column 7: '\\u{1B}[2J' is not a pair index:value"),
        ])
    func faults(text: String, message: String) {
        let error = #expect(throws: LibSVMFault.self) { try Self.parse(Array(text.utf8)) }
        #expect(error?.description == message)
    }

    @Test("indexes that count from 1 come as columns from 0")
    func oneBased() throws {
        #expect(try Self.parse(Array("1 1:1 10:2".utf8), firstIndex: 1)?.indices == [0, 9])
        let error = #expect(throws: LibSVMFault.self) { try Self.parse(Array("1 0:1".utf8), firstIndex: 1) }
        #expect(error == .indexOutOfRange(column: 3, text: "0", allowed: 1...10))
        #expect(throws: LibSVMFault.self) { try Self.parse(Array("1 11:1".utf8), firstIndex: 1) }
    }

    @Test("a line that has grown does not leave its room")
    func grown() {
        let error = #expect(throws: LibSVMFault.self) { try Self.parse(Array("1 0:1 1:1 2:1".utf8), room: 2) }
        #expect(error == .tooManyPairs(expected: 2))
    }

    @Test("a zero byte is no text")
    func zeroByte() {
        for text in ["\0", "1\0 0:1", "1 0\0:1", "1 0:\0", "1 0:1\0", "1 \0"] {
            #expect(throws: LibSVMFault.self, "\(text.unicodeScalars)") { try Self.parse(Array(text.utf8)) }
        }
    }

    @Test("mutated lines are read or refused, never worse", arguments: 0..<8)
    func mutated(seed: UInt64) {
        var random = KeyedRandom(seed: 7, epoch: seed, record: 0, lap: 0)
        let original = Array("-1.5:2 qid:31 0:1e-3 3:.25 7:1234567890.123456789012345 9:-0 # end\r\n2 1:1".utf8)
        let alphabet = Array("0123456789:.-+eE #\t\r\n\0qidnaf\u{FF}".utf8)
        var read = 0
        for _ in 0..<4000 {
            var text = original
            for _ in 0..<random.integer(1, 4) {
                let place = random.integer(0, text.count - 1)
                let letter = alphabet[random.integer(0, alphabet.count - 1)]
                switch random.integer(0, 2) {
                case 0: text[place] = letter
                case 1: text.insert(letter, at: place)
                default: text.removeSubrange(place..<min(text.count, place + random.integer(1, 9)))
                }
                if text.isEmpty { text = [letter] }
            }
            if let reading = try? Self.parse(text) {
                read += 1
                for index in reading.indices where !(0..<10).contains(index) { Issue.record("index \(index)") }
            }
        }
        #expect(read > 100 && read < 3900)
    }
}

import DataTypes
import Testing

struct StructureTests {
    private static let spec = ParameterSpec("s", .structure, default: .null, "")

    @Test(
        "text of lists as JSON and Python write it is read; values pass as they are",
        arguments: [
            ("[1, 2.5, \"a\"]", .list([.integer(1), .number(2.5), .string("a")])),
            (" ( 1 , ( ) , [ ] , ) ", .list([.integer(1), .list([]), .list([])])),
            ("[true, False, null, None]", .list([.bool(true), .bool(false), .null, .null])),
            ("['it\\'s', \"\\\"\\\\\\n\\u00e9\"]", .list([.string("it's"), .string("\"\\\né")])),
            ("[-1e3,0.5]", .list([.number(-1000), .number(0.5)])), ("true", .bool(true)), ("7", .integer(7)),
            ("0.25", .number(0.25)), ("word", .string("word")),
        ] as [(String, ParameterValue)])
    func text(text: String, value: ParameterValue) throws {
        #expect(try Self.spec.normalise(.string(text)) == value)
        #expect(try Self.spec.normalise(value) == value)
    }

    @Test(
        "what begins like a list and is none is refused",
        arguments: [
            "[", "[1", "[1,,2]", "[,]", "[1 2]", "[word]", "[\"a]", "[1)", "(1]", "[1] 2", "[\"\\x", "[\"\\u12\"]",
        ])
    func refused(text: String) {
        #expect(throws: ParameterError.self) { try Self.spec.normalise(.string(text)) }
    }

    @Test("depth and number of entries have limits")
    func limits() throws {
        func nested(_ depth: Int) -> ParameterValue { (1..<depth).reduce(.list([])) { value, _ in .list([value]) } }
        #expect(try Self.spec.normalise(nested(16)) == nested(16))
        #expect(throws: ParameterError.self) { try Self.spec.normalise(nested(17)) }
        let text = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        #expect(try Self.spec.normalise(.string(text)) == nested(16))
        #expect(throws: ParameterError.self) { try Self.spec.normalise(.string("[" + text + "]")) }
        let half = ParameterValue.list(Array(repeating: .integer(1), count: 499_999))
        #expect(try Self.spec.normalise(.list([half, half])) == .list([half, half]))
        #expect(throws: ParameterError.self) { try Self.spec.normalise(.list([half, half, .null])) }
    }

    @Test(
        "entries of a list come one by one, up to where the text stops to be one",
        arguments: [
            ("[1, [2, \"a\"], 'b']", 3, nil), (" ( 1 , 2 , ) ", 2, nil), ("[]", 0, nil), ("", 0, 0), ("7", 0, 0),
            ("[1, 2", 2, 5), ("[1 2]", 1, 3), ("[1, x]", 1, 5), ("[1] 2", 1, 4), ("[1)", 1, 2),
        ] as [(String, Int, Int?)])
    func entries(text: String, count: Int, end: Int?) {
        var places: [Int] = []
        let found = StructureText.readEntries(of: Array(text.utf8).span) { place, _ in places.append(place) }
        #expect(found == end)
        #expect(places == Array(0..<count))
    }

    @Test("one entry has limits, all together have none; what reads them may stop it")
    func entryLimits() {
        let row = "[" + String(repeating: "1,", count: 600_000) + "]"
        var count = 0
        #expect(StructureText.readEntries(of: Array("[\(row),\(row)]".utf8).span) { _, _ in count += 1 } == nil)
        #expect(count == 2)
        let long = "[[\(row),\(row)]]"
        #expect(StructureText.readEntries(of: Array(long.utf8).span) { _, _ in count += 1 } != nil)
        #expect(count == 2)
        #expect(throws: ParameterError.self) {
            try StructureText.readEntries(of: Array("[1, 2]".utf8).span) { _, _ throws(ParameterError) in
                throw .missing(name: "a", iterator: "b")
            }
        }
    }
}

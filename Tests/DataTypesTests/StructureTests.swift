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
}

import DataTypes
import NIOCore
import Testing
import Wire

@Suite("Parameter values")
struct ParameterValueTests {
    @Test(
        "a JSON value is read as what it is",
        arguments: [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-7", .integer(-7)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9007199254740993", .integer(9_007_199_254_740_993)), ("9223372036854775808", .number(0x1p63)),
            ("0.5", .number(0.5)), ("-1.5e300", .number(-1.5e300)), ("\"1\"", .string("1")), ("\"\"", .string("")),
            ("\"true\"", .string("true")), ("[]", .list([])),
            (
                "[1,[0.5,[\"a\",null]],true]",
                .list([.integer(1), .list([.number(0.5), .list([.string("a"), .null])]), .bool(true)])
            ),
        ] as [(String, ParameterValue)])
    func value(json: String, expected: ParameterValue) throws {
        #expect(try JSONPayload.decode([ParameterValue].self, from: ByteBuffer(string: "[\(json)]")) == [expected])
    }

    @Test("what is no parameter is refused", arguments: ["{}", "[{}]", "1e999", "[1,{\"a\":1}]"])
    func refused(json: String) {
        #expect(throws: MessageError.self) {
            try JSONPayload.decode([ParameterValue].self, from: ByteBuffer(string: "[\(json)]"))
        }
    }
}

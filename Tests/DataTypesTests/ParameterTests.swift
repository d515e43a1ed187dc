import DataTypes
import Testing

struct ParameterTests {
    private let specs: [ParameterSpec] = [
        ParameterSpec("data_shape", .shape(rank: 3), default: nil, ""),
        ParameterSpec("batch_size", .integer(1...65536), default: nil, ""),
        ParameterSpec("rand_crop", .bool, default: .bool(false), ""),
        ParameterSpec("scale", .number(.finite), default: .number(1), ""),
        ParameterSpec("seed_aug", .optionalInteger(.all), default: .null, ""),
        ParameterSpec("dtype", .choice(["float32", "uint8"]), default: .string("float32"), ""),
        ParameterSpec("rotate_list", .integers, default: .list([]), ""),
    ]

    private func check(_ raw: [String: ParameterValue]) throws(ParameterError) -> ParameterValues {
        var all: [String: ParameterValue] = ["data_shape": .string("(3,8,8)"), "batch_size": .integer(2)]
        for (name, value) in raw { all[name] = value }
        return try ParameterValues(all, specs: specs, iterator: "TestIter")
    }

    @Test(
        "values come as JSON or as the text MXNet would parse",
        arguments: [
            (
                "data_shape", ParameterValue.string("[3, 8,8]"),
                ParameterValue.list([.integer(3), .integer(8), .integer(8)])
            ),
            ("data_shape", .string(" (3,8,8,) "), .list([.integer(3), .integer(8), .integer(8)])),
            (
                "data_shape", .list([.integer(1), .integer(2), .integer(3)]),
                .list([.integer(1), .integer(2), .integer(3)])
            ),
            ("batch_size", .string("17"), .integer(17)),
            ("rand_crop", .string("True"), .bool(true)), ("rand_crop", .string("0"), .bool(false)),
            ("rand_crop", .integer(1), .bool(true)),
            ("scale", .string("0.5"), .number(0.5)), ("scale", .integer(2), .number(2)),
            ("seed_aug", .string("None"), .null), ("seed_aug", .integer(-4), .integer(-4)),
            ("rotate_list", .string("0,90,45"), .list([.integer(0), .integer(90), .integer(45)])),
            ("rotate_list", .integer(30), .list([.integer(30)])),
        ])
    func accepted(name: String, raw: ParameterValue, normal: ParameterValue) throws {
        #expect(try check([name: raw]).values[name] == normal)
    }

    @Test(
        "what cannot be meant is refused by name",
        arguments: [
            ("data_shape", ParameterValue.string("3,8,8")), ("data_shape", .string("(3,8)")),
            ("data_shape", .string("(3,0,8)")), ("data_shape", .string("(3,8.0,8)")), ("data_shape", .integer(3)),
            ("batch_size", .integer(0)), ("batch_size", .integer(-1)), ("batch_size", .integer(8_589_934_592)),
            ("batch_size", .string("four")), ("batch_size", .number(2.5)), ("rand_crop", .string("yes")),
            ("rand_crop", .integer(2)), ("scale", .string("nan")), ("scale", .number(.infinity)),
            ("dtype", .string("float23")), ("rotate_list", .string("1,x")),
        ])
    func refused(name: String, raw: ParameterValue) {
        let error = #expect(throws: ParameterError.self) { _ = try check([name: raw]) }
        #expect(error?.description.contains("'\(name)'") == true)
    }

    @Test(
        "an unknown name is answered with the nearest known one",
        arguments: [
            ("random_crop", "rand_crop"), ("batchsize", "batch_size"), ("Scale", "scale"), ("shape", "data_shape"),
        ])
    func suggestions(wrong: String, right: String) {
        #expect(throws: ParameterError.unknown(name: wrong, iterator: "TestIter", suggestion: right)) {
            _ = try check([wrong: .integer(1)])
        }
    }

    @Test("a name nobody could have meant gets no suggestion, at no cost")
    func noSuggestion() {
        #expect(nearestName(to: "zzzzzzzz", among: ["rand_crop", "scale"]) == nil)
        #expect(nearestName(to: String(repeating: "x", count: 1 << 20), among: ["rand_crop"]) == nil)
    }

    @Test("a missing required parameter is named")
    func missing() {
        #expect(throws: ParameterError.missing(name: "data_shape", iterator: "TestIter")) {
            _ = try ParameterValues(["batch_size": .integer(1)], specs: specs, iterator: "TestIter")
        }
    }

    @Test("the normal form does not depend on how values were written")
    func normalForm() throws {
        let a = try check(["scale": .integer(2), "rand_crop": .string("1")])
        let b = try check(["scale": .string("2.0"), "rand_crop": .bool(true)])
        #expect(a == b)
    }
}

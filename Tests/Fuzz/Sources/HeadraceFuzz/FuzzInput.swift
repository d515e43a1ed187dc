/// The bytes that a target is given, and where it has got to in them.
struct FuzzInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: UnsafeRawBufferPointer) { rest = ArraySlice(bytes) }
    init(_ bytes: [UInt8]) { rest = ArraySlice(bytes) }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next byte; 0 at the end, so that a short input is a simple one.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next number, two bytes.
    mutating func number() -> Int { Int(byte()) | Int(byte()) << 8 }

    /// At most `count` bytes.
    mutating func take(_ count: Int) -> [UInt8] {
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return Array(taken)
    }

    /// All that is left.
    mutating func remainder() -> [UInt8] { take(rest.count) }
}

/// An invariant that does not hold is a finding: the program ends here, and libFuzzer keeps the input.
func expect(_ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line) {
    if !condition { fatalError("line \(line): \(what())") }
}

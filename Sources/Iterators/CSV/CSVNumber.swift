/// An element type that a field of text can be read as.
protocol CSVNumber: BitwiseCopyable {
    /// What a field must be, for messages.
    static var expected: String { get }

    /// Reads the number at `position` and moves behind it. What stands there then is the caller's to judge.
    static func read(_ text: RawSpan, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers) -> CSVReading<
        Self
    >
}

enum CSVReading<Number> {
    case number(Number)
    case outOfRange
    case notANumber
}

extension Float: CSVNumber {
    static var expected: String { "a number" }

    @inline(__always)
    static func read(
        _ text: RawSpan, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers
    ) -> CSVReading<Float> {
        let start = position
        guard let decimal = DecimalNumber.scan(text, &position) else {
            guard let word = DecimalNumber.scanWord(text, &position) else { return .notANumber }
            return .number(Float(word))
        }
        if let value = decimal.float(powers) { return .number(value) }
        let value = DecimalNumber.slowFloat(text, start)
        return value.isFinite ? .number(value) : .outOfRange
    }
}

extension Double: CSVNumber {
    static var expected: String { "a number" }

    @inline(__always)
    static func read(
        _ text: RawSpan, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers
    ) -> CSVReading<Double> {
        let start = position
        guard let decimal = DecimalNumber.scan(text, &position) else {
            guard let word = DecimalNumber.scanWord(text, &position) else { return .notANumber }
            return .number(word)
        }
        let value = decimal.double(powers) ?? DecimalNumber.slowDouble(text, start)
        return value.isFinite ? .number(value) : .outOfRange
    }
}

extension Float16: CSVNumber {
    static var expected: String { "a number" }

    /// One rounding of the `Float`, as everywhere.
    @inline(__always)
    static func read(
        _ text: RawSpan, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers
    ) -> CSVReading<Float16> {
        switch Float.read(text, &position, powers) {
        case .number(let value):
            let half = Float16(value)
            return half.isInfinite && value.isFinite ? .outOfRange : .number(half)
        case .outOfRange: return .outOfRange
        case .notANumber: return .notANumber
        }
    }
}

extension CSVNumber where Self: FixedWidthInteger {
    static var expected: String { "a whole decimal number" }

    @inline(__always)
    static func read(_ text: RawSpan, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers) -> CSVReading<
        Self
    > {
        var at = position
        let isNegative = text.character(at) == UInt8(ascii: "-")
        if isNegative || text.character(at) == UInt8(ascii: "+") { at &+= 1 }
        let start = at
        // Zeros in front count for nothing, as in every decimal number.
        while text.character(at) == UInt8(ascii: "0") { at &+= 1 }
        let first = at
        var magnitude: UInt64 = 0
        DecimalNumber.digits(text, &at, &magnitude)
        guard at > start else { return .notANumber }
        position = at
        guard at &- first <= DecimalNumber.safeDigits else { return .outOfRange }
        let value =
            !isNegative
            ? Self(exactly: magnitude)
            : magnitude <= 1 << 63 ? Self(exactly: Int64(bitPattern: 0 &- magnitude)) : nil
        guard let value else { return .outOfRange }
        return .number(value)
    }
}

extension Int32: CSVNumber {}
extension Int64: CSVNumber {}
extension UInt8: CSVNumber {}

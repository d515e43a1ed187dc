/// Nested lists in text: JSON's arrays, and what Python prints of lists and tuples.
struct StructureText {
    static let maxNesting = 16
    static let maxEntries = 1_000_000

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// `value` as it is, or, when it is the text of a list or of a number, what that text says; nil for text that begins like
    /// a list and is none.
    static func value(of value: ParameterValue) -> ParameterValue? {
        guard case .string(let text) = value else { return value }
        var reader = StructureText(text)
        reader.skipSpace()
        let isList = reader.next.map { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "(") } ?? false
        guard isList else { return scalar(text) }
        guard let result = reader.read(), reader.isAtEnd() else { return nil }
        return result
    }

    /// False for lists too deep or too long.
    static func isWithinLimits(_ value: ParameterValue) -> Bool {
        var entries = 0
        return isWithinLimits(value, depth: 0, &entries)
    }

    private static func isWithinLimits(_ value: ParameterValue, depth: Int, _ entries: inout Int) -> Bool {
        guard case .list(let list) = value else { return true }
        entries += list.count
        guard depth < maxNesting, entries <= maxEntries else { return false }
        for entry in list where !isWithinLimits(entry, depth: depth + 1, &entries) { return false }
        return true
    }

    /// A word as a truth value or a number; any other is text.
    private static func scalar(_ text: String) -> ParameterValue {
        switch text {
        case "true", "True": .bool(true)
        case "false", "False": .bool(false)
        case "null", "None": .null
        default: Int(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .string(text)
        }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    private mutating func isAtEnd() -> Bool {
        skipSpace()
        return next == nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func read() -> ParameterValue? {
        skipSpace()
        switch next {
        case UInt8(ascii: "["): return readList(closing: UInt8(ascii: "]"))
        case UInt8(ascii: "("): return readList(closing: UInt8(ascii: ")"))
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return readText().map { .string($0) }
        default: return readWord()
        }
    }

    private mutating func readList(closing: UInt8) -> ParameterValue? {
        // Deeper lists than are allowed are not followed: text costs a client nothing, our stack is short.
        guard depth <= Self.maxNesting else { return nil }
        depth += 1
        defer { depth -= 1 }
        position += 1
        var list: [ParameterValue] = []
        // A comma behind the last entry is Python's.
        while !take(closing) {
            guard let entry = read() else { return nil }
            list.append(entry)
            if !take(UInt8(ascii: ",")) {
                guard take(closing) else { return nil }
                break
            }
        }
        return .list(list)
    }

    /// Text in quotes of either kind.
    private mutating func readText() -> String? {
        let quote = bytes[position]
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let character = readEscape() else { return nil }
            text.append(contentsOf: String(character).utf8)
        }
        return nil
    }

    /// What stands behind a backslash.
    private mutating func readEscape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "u"):
            guard position + 4 <= bytes.count else { return nil }
            let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
            position += 4
            return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
        case 0..<0x80: return Unicode.Scalar(byte)
        default: return nil
        }
    }

    /// A number, or true, false or null; nil for any other word, which has to be in quotes here.
    private mutating func readWord() -> ParameterValue? {
        let start = position
        while let byte = next, byte > 0x20, !",[]()\"'".utf8.contains(byte) { position += 1 }
        guard position > start else { return nil }
        let word = Self.scalar(String(decoding: bytes[start..<position], as: UTF8.self))
        if case .string = word { return nil }
        return word
    }
}

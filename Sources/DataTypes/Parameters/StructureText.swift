/// Nested lists in text: JSON's arrays, and what Python prints of lists and tuples.
package struct StructureText: ~Escapable {
    static let maxNesting = 16
    package static let maxEntries = 1_000_000
    /// Bytes of one text in quotes, and of one number.
    private static let maxTextBytes = 1 << 20
    private static let maxNumberBytes = 400

    private let bytes: Span<UInt8>
    private var position = 0
    private var depth = 0
    /// Entries of lists that may still be read.
    private var room = Int.max

    @_lifetime(copy bytes)
    private init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// `value` as it is, or, when it is the text of a list or of a number, what that text says; nil for text that begins like
    /// a list and is none.
    static func value(of value: ParameterValue) -> ParameterValue? {
        guard case .string(let text) = value else { return value }
        let bytes = Array(text.utf8)
        var reader = StructureText(bytes.span)
        reader.skipSpace()
        let isList = reader.next.map { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "(") } ?? false
        guard isList else { return scalar(text) }
        guard let result = reader.read(), reader.isAtEnd() else { return nil }
        return result
    }

    /// Hands over the entries of a list one by one, so that a long list is never in memory as values.
    ///
    /// - Parameter body: is given each entry with its place. An entry has `maxEntries` of its own at most.
    /// - Returns: where, in bytes, the text stops to be a list; nil when all of it is one.
    /// - Complexity: one pass over the text.
    package static func readEntries<Failure: Error>(
        of text: Span<UInt8>, _ body: (Int, ParameterValue) throws(Failure) -> Void
    ) throws(Failure) -> Int? {
        var reader = StructureText(text)
        reader.depth = 1
        let isSquare = reader.take(UInt8(ascii: "["))
        guard isSquare || reader.take(UInt8(ascii: "(")) else { return reader.position }
        let closing = UInt8(ascii: isSquare ? "]" : ")")
        var place = 0
        while !reader.take(closing) {
            reader.room = maxEntries
            guard let entry = reader.read() else { return reader.position }
            try body(place, entry)
            place += 1
            if !reader.take(UInt8(ascii: ",")) {
                guard reader.take(closing) else { return reader.position }
                break
            }
        }
        return reader.isAtEnd() ? nil : reader.position
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
            guard room > 0, let entry = read() else { return nil }
            room -= 1
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
        while let byte = next, text.count <= Self.maxTextBytes {
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
            let digits = text(position..<position + 4)
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
        guard position > start, position - start <= Self.maxNumberBytes else { return nil }
        let word = Self.scalar(text(start..<position))
        if case .string = word { return nil }
        return word
    }

    private func text(_ range: Range<Int>) -> String {
        var text: [UInt8] = []
        for place in range { text.append(bytes[place]) }
        return String(decoding: text, as: UTF8.self)
    }
}

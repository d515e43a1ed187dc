/// Reads the few kinds of Python literals that the header of a `.npy` file is made of.
struct PythonLiteral {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next byte that is no space.
    var peek: UInt8? {
        mutating get {
            while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
            return position < bytes.count ? bytes[position] : nil
        }
    }

    var isAtEnd: Bool { mutating get { peek == nil } }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(ArrayFault) {
        guard take(character) else { throw .badHeader("no '\(character)' where one is due") }
    }

    /// A string in either quotes, without escapes.
    mutating func text() throws(ArrayFault) -> String {
        guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw .badHeader("no text where one is due")
        }
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote) else { throw .badHeader("text without an end") }
        position = end + 1
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    mutating func bool() throws(ArrayFault) -> Bool {
        guard peek != nil else { throw .truncatedHeader }
        for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw .badHeader("neither True nor False where one is due")
    }

    /// A tuple of whole numbers: `()`, `(3,)`, `(3, 4)`.
    mutating func extents() throws(ArrayFault) -> [Int] {
        try expect("(")
        var result: [Int] = []
        while !take(")") {
            result.append(try number())
            if !take(",") {
                try expect(")")
                break
            }
        }
        return result
    }

    private mutating func number() throws(ArrayFault) -> Int {
        guard peek != nil else { throw .truncatedHeader }
        let digits = bytes[position...].prefix { (48...57).contains($0) }
        guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
            throw .badHeader("an extent that is no whole number, or too large a one")
        }
        position += digits.count
        // Python 2 wrote its long numbers so.
        _ = take("L")
        return value
    }
}

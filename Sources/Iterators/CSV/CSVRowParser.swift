import DataTypes

/// Reads rows of numbers from text.
///
/// A row ends with LF, CR, both, or the end of the text. Blanks around numbers, a byte order mark at the row's start and a
/// separator behind its last field mean nothing. Everything else that is no number is a fault.
struct CSVRowParser: Sendable {
    let fieldCount: Int
    let elementType: ElementType
    let separator: UInt8

    /// Reads the row at `position`, and moves behind its last field.
    ///
    /// - Parameters:
    ///   - text: with its padding.
    ///   - end: where the padding begins.
    ///   - output: `fieldCount` elements; undefined when it throws.
    /// - Complexity: one pass; allocates nothing but in error messages.
    func parse(
        _ text: RawSpan, _ position: inout Int, end: Int, into output: UnsafeMutableRawBufferPointer
    ) throws(CSVFault) {
        precondition(end + 8 <= text.byteCount && position >= 0 && position <= end)
        precondition(output.count == fieldCount * elementType.byteWidth)
        // A byte order mark: files are often joined with theirs.
        if text.eightCharacters(position) & 0xFF_FFFF == 0xBF_BBEF { position += 3 }
        switch elementType {
        case .float32: try unsafe parse(Float.self, text, &position, end, output)
        case .float64: try unsafe parse(Double.self, text, &position, end, output)
        case .float16: try unsafe parse(Float16.self, text, &position, end, output)
        case .int32: try unsafe parse(Int32.self, text, &position, end, output)
        case .int64: try unsafe parse(Int64.self, text, &position, end, output)
        case .uint8: try unsafe parse(UInt8.self, text, &position, end, output)
        default: preconditionFailure("CSVIter has no \(elementType)")
        }
    }

    @inline(__always)
    private func parse<Number: CSVNumber>(
        _: Number.Type, _ text: RawSpan, _ position: inout Int, _ end: Int, _ output: UnsafeMutableRawBufferPointer
    ) throws(CSVFault) {
        let powers = DecimalNumber.Powers()
        let last = fieldCount &- 1
        var at = position
        for field in 0..<fieldCount {
            skipBlanks(text, &at)
            let start = at
            switch Number.read(text, &at, powers) {
            case .number(let value):
                // `output` has room for `fieldCount` elements.
                unsafe output.storeBytes(of: value, toByteOffset: field &* MemoryLayout<Number>.size, as: Number.self)
            case .outOfRange:
                throw .outOfRange(column: field + 1, text: excerpt(text, start, end), type: elementType.rawValue)
            case .notANumber:
                throw fault(text, start, end, field: field, Number.expected)
            }
            skipBlanks(text, &at)
            if field < last {
                guard text.character(at) == separator else {
                    throw fault(text, start, end, field: field, isEnd(text, at, end) ? nil : Number.expected)
                }
                at &+= 1
            } else if !isEnd(text, at, end) {
                at = try finish(text, at, end, start: start, Number.expected)
            }
        }
        position = at
    }

    /// What follows the last field when it is not the row's end at once: a separator, and then the end. Returns where that is.
    @inline(never)
    private func finish(
        _ text: RawSpan, _ position: Int, _ end: Int, start: Int, _ expected: String
    ) throws(CSVFault) -> Int {
        guard text.character(position) == separator else {
            throw fault(text, start, end, field: fieldCount - 1, expected)
        }
        var at = position + 1
        skipBlanks(text, &at)
        guard isEnd(text, at, end) else { throw .tooManyFields(expected: fieldCount) }
        return at
    }

    /// - Parameter expected: what the field is not; nil when the row ends behind it.
    @inline(never)
    private func fault(_ text: RawSpan, _ start: Int, _ end: Int, field: Int, _ expected: String?) -> CSVFault {
        guard let expected else { return .tooFewFields(found: field + 1, expected: fieldCount) }
        if isEnd(text, start, end) { return .tooFewFields(found: field, expected: fieldCount) }
        if text.character(start) == separator { return .emptyField(column: field + 1) }
        return .notANumber(column: field + 1, text: excerpt(text, start, end), expected: expected)
    }

    @inline(__always)
    private func skipBlanks(_ text: RawSpan, _ position: inout Int) {
        while true {
            let character = text.character(position)
            // One comparison for nearly every field: what stands in rows is above the blank.
            guard character <= UInt8(ascii: " ") else { return }
            guard character == UInt8(ascii: " ") || character == UInt8(ascii: "\t"), character != separator else {
                return
            }
            position &+= 1
        }
    }

    @inline(__always)
    private func isEnd(_ text: RawSpan, _ position: Int, _ end: Int) -> Bool {
        let character = text.character(position)
        return character == UInt8(ascii: "\n") || character == UInt8(ascii: "\r") || position >= end
    }

    /// The field at `start` for a message, made printable and not too long.
    private func excerpt(_ text: RawSpan, _ start: Int, _ end: Int) -> String {
        var bytes: [UInt8] = []
        var position = start
        while bytes.count < 40, !isEnd(text, position, end), text.character(position) != separator {
            bytes.append(text.character(position))
            position += 1
        }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
    }
}

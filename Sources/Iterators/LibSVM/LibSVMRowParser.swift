import DataTypes

/// Reads lines of LibSVM text: `label[:weight] [qid:n] index:value index:value … [# comment]`.
///
/// A line ends with LF, CR, both, or the end of the text. Blanks separate its parts; they, a comment and a byte order mark
/// at the line's start mean nothing. Everything else is a fault. Pairs come in the order of the text, also repeated ones.
///
/// Follows dmlc-core's `src/data/libsvm_parser.h`, as MXNet 1.9.1 has it, in what the parts mean.
struct LibSVMRowParser: Sendable {
    /// Columns of the matrix.
    let columns: Int
    /// The index that the first column has in the text: 0 or 1.
    let firstIndex: Int

    /// Where a row's pairs go: two spans of memory with as many elements.
    @unsafe struct Room {
        /// `float32`.
        let values: UnsafeMutableRawBufferPointer
        /// `int64`.
        let indices: UnsafeMutableRawBufferPointer
        var pairs: Int { unsafe values.count / 4 }
    }

    struct Row: Equatable {
        var label: Float
        var pairs: Int
    }

    /// Reads the line at `position`.
    ///
    /// - Parameters:
    ///   - text: with its padding.
    ///   - position: behind the call, the line's end or a place on the line, where nothing more is to be read.
    ///   - end: where the padding begins.
    ///   - room: where the pairs go, undefined when it throws; nil: they are only checked and counted.
    /// - Returns: nil for a blank line or one that is only a comment.
    /// - Complexity: one pass; allocates nothing but in error messages.
    func parse(
        _ text: RawSpan, _ position: inout Int, end: Int, into room: Room?
    ) throws(LibSVMFault) -> Row? {
        precondition(end + 8 <= text.byteCount && position >= 0 && position <= end)
        let line = Line(text: text, start: position, end: end)
        // A byte order mark: files are often joined with theirs.
        if text.eightCharacters(position) & 0xFF_FFFF == 0xBF_BBEF { position += 3 }
        line.skipBlanks(&position)
        guard !line.isOver(position) else { return nil }
        let powers = DecimalNumber.Powers()
        let label = try number(line, &position, powers, "a label")
        if text.character(position) == UInt8(ascii: ":") {
            position += 1
            // Its weight, which no batch has a place for, in MXNet neither.
            _ = try number(line, &position, powers, "a label's weight")
        }
        try line.finishPart(&position, "a label")
        try skipQuery(line, &position)
        let pairs = try unsafe parsePairs(line, &position, powers, into: room)
        return Row(label: label, pairs: pairs)
    }

    @inline(__always)
    private func parsePairs(
        _ line: Line, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers, into room: Room?
    ) throws(LibSVMFault) -> Int {
        let capacity = unsafe room?.pairs ?? Int.max
        var count = 0
        while !line.isOver(position) {
            let start = position
            let index = try index(line, &position)
            guard line.text.character(position) == UInt8(ascii: ":") else {
                throw line.unexpected(at: start, "a pair index:value")
            }
            position += 1
            let value = try number(line, &position, powers, "a value")
            try line.finishPart(&position, "a value")
            guard count < capacity else { throw .tooManyPairs(expected: capacity) }
            if let room = unsafe room {
                // There is room for `capacity` pairs, and this is one of them.
                unsafe room.values.storeBytes(
                    of: value.bitPattern.littleEndian, toByteOffset: 4 * count, as: UInt32.self)
                unsafe room.indices.storeBytes(
                    of: Int64(index).littleEndian, toByteOffset: 8 * count, as: Int64.self)
            }
            count += 1
        }
        return count
    }

    /// Passes over `qid:n`, the query that a row of a ranking data set belongs to.
    private func skipQuery(_ line: Line, _ position: inout Int) throws(LibSVMFault) {
        guard line.text.eightCharacters(position) & 0xFFFF_FFFF == 0x3A64_6971 else { return }
        position += 4
        let start = position
        guard case .number(let query) = Int64.read(line.text, &position, DecimalNumber.Powers()), query >= 0 else {
            throw line.unexpected(at: start, "a query's number")
        }
        try line.finishPart(&position, "a query's number")
    }

    @inline(__always)
    private func index(_ line: Line, _ position: inout Int) throws(LibSVMFault) -> Int {
        let start = position
        let allowed = firstIndex...columns - 1 + firstIndex
        var index: UInt64 = 0
        DecimalNumber.digits(line.text, &position, &index)
        let digits = position - start
        // Signs, too, are none of an index: a negative one is reported as out of range below.
        guard digits > 0 else {
            let sign = line.text.character(start)
            guard sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else {
                throw line.unexpected(at: start, "a pair index:value")
            }
            throw .indexOutOfRange(column: line.column(start), text: line.excerpt(start), allowed: allowed)
        }
        // More digits than a number can have: wrapped around, or zeros in front that nobody writes.
        guard digits <= DecimalNumber.safeDigits, index <= UInt64(allowed.upperBound),
            index >= UInt64(allowed.lowerBound)
        else {
            guard line.text.character(position) == UInt8(ascii: ":") else {
                throw line.unexpected(at: start, "a pair index:value")
            }
            throw .indexOutOfRange(
                column: line.column(start), text: line.excerpt(start, before: position), allowed: allowed)
        }
        return Int(index) - firstIndex
    }

    @inline(__always)
    private func number(
        _ line: Line, _ position: inout Int, _ powers: borrowing DecimalNumber.Powers, _ expected: String
    ) throws(LibSVMFault) -> Float {
        let start = position
        switch Float.read(line.text, &position, powers) {
        case .number(let value): return value
        case .outOfRange: throw .tooLarge(column: line.column(start), text: line.excerpt(start, before: position))
        case .notANumber: throw line.unexpected(at: start, expected)
        }
    }
}

extension LibSVMRowParser {
    /// The line being read.
    fileprivate struct Line: ~Escapable {
        let text: RawSpan
        let start: Int
        let end: Int

        @_lifetime(copy text)
        init(text: RawSpan, start: Int, end: Int) {
            self.text = text
            self.start = start
            self.end = end
        }

        @inline(__always)
        func skipBlanks(_ position: inout Int) {
            while text.character(position) == UInt8(ascii: " ") || text.character(position) == UInt8(ascii: "\t") {
                position &+= 1
            }
        }

        /// Whether nothing more is to be read: the line's end, or a comment.
        @inline(__always)
        func isOver(_ position: Int) -> Bool {
            let character = text.character(position)
            return character == UInt8(ascii: "\n") || character == UInt8(ascii: "\r")
                || character == UInt8(ascii: "#") || position >= end
        }

        /// Moves to the next part of the line. What stands before must end here.
        @inline(__always)
        func finishPart(_ position: inout Int, _ expected: String) throws(LibSVMFault) {
            let behind = position
            skipBlanks(&position)
            guard position > behind || isOver(position) else {
                var first = position
                while first > start, !isBlank(first - 1), text.character(first - 1) != UInt8(ascii: ":") { first -= 1 }
                throw unexpected(at: first, expected)
            }
        }

        func column(_ position: Int) -> Int { position - start + 1 }

        func unexpected(at position: Int, _ expected: String) -> LibSVMFault {
            .unexpected(column: column(position), text: excerpt(position), expected: expected)
        }

        /// The word at `position` for a message, made printable and not too long.
        func excerpt(_ position: Int, before limit: Int = .max) -> String {
            var bytes: [UInt8] = []
            var position = position
            while bytes.count < 40, position < limit, !isOver(position), !isBlank(position) {
                bytes.append(text.character(position))
                position += 1
            }
            return String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
        }

        private func isBlank(_ position: Int) -> Bool {
            text.character(position) == UInt8(ascii: " ") || text.character(position) == UInt8(ascii: "\t")
        }
    }
}

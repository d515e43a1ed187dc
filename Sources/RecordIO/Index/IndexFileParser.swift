/// Reads an .idx file: one line per record, its key and its offset, with white space between.
///
/// Further columns and empty lines are passed over, as MXNet's readers do; anything else is an error, where MXNet's
/// native reader stops without a word.
package struct IndexFileParser: ~Copyable {
    private enum Column { case beforeKey, key, beforeOffset, offset, rest }

    package private(set) var keys: [UInt64] = []
    package private(set) var offsets: [UInt64] = []
    private let path: String
    private let maximumCount: UInt64
    private var column = Column.beforeKey
    private var number: UInt64 = 0
    private var line = 1

    /// - Parameter maximumCount: more lines than that are an error, so that no list fills the memory.
    /// - Throws: `.badLine` for the first line that cannot be used; what opening and reading throw.
    package init(path: String, maximumCount: UInt64) throws(RecordError) {
        self.path = path
        self.maximumCount = maximumCount
        let file = try RecordFile(path: path)
        var window = FileWindow(file: file)
        var position: UInt64 = 0
        while position < file.byteCount {
            let count = try window.load(position, 1)
            let bytes = window.bytes(position, count)
            for index in 0..<count { try take(bytes.uint8(at: index)) }
            position += UInt64(count)
        }
        try endLine()
    }

    private mutating func take(_ byte: UInt8) throws(RecordError) {
        switch byte {
        case UInt8(ascii: "\n"):
            try endLine()
            line += 1
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            endColumn()
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            if column == .rest { return }
            let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if overflow || carry { throw bad("the \(columnName) is too large") }
            number = sum
            if column == .beforeKey { column = .key }
            if column == .beforeOffset { column = .offset }
        default:
            if column == .rest { return }
            throw bad("the \(columnName) is not a whole number; expected a key and an offset")
        }
    }

    private mutating func endColumn() {
        switch column {
        case .key:
            keys.append(number)
            column = .beforeOffset
        case .offset:
            offsets.append(number)
            column = .rest
        case .beforeKey, .beforeOffset, .rest:
            break
        }
        number = 0
    }

    private mutating func endLine() throws(RecordError) {
        endColumn()
        guard column == .beforeKey || column == .rest else { throw bad("the offset is missing") }
        column = .beforeKey
        guard UInt64(offsets.count) <= maximumCount else {
            throw bad("the list is longer than the data file can have records")
        }
    }

    private var columnName: String { column == .beforeKey || column == .key ? "key" : "offset" }

    private func bad(_ reason: String) -> RecordError { .badLine(file: path, line: line, reason: reason) }
}

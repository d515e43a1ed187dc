import DataTypes
import RecordIO

/// Some rows of a table in memory: what one worker has read last. Rows in order are found where the last one ended.
struct CSVWindow: ~Copyable {
    private var tableID: UInt64 = 0
    private var rows = 0..<0
    private var fileIndex = 0
    private var start: UInt64 = 0
    private var buffer = RecordBuffer()
    /// The row that begins at `position`, or before it blank lines.
    private var nextRow = 0
    private var position = 0

    init() {}

    /// Why a row cannot be had.
    struct Failure: Error {
        var reason: String
        var message: String
        var file: String
        var offset: UInt64
    }

    /// Whether row `row` of `table` is in memory.
    func holds(_ row: Int, of table: CSVTable) -> Bool { tableID == table.id && rows.contains(row) }

    /// Reads row `row` of `table`, which the window holds, into `output`.
    mutating func parse(
        _ row: Int, of table: CSVTable, into output: UnsafeMutableRawBufferPointer
    ) throws(Failure) {
        precondition(holds(row, of: table))
        if row < nextRow { rewind() }
        let end = buffer.byteCount - RecordFile.paddingBytes
        while nextRow < row {
            position = Self.skipRow(buffer, position)
            nextRow += 1
        }
        position = Self.skipLineEnds(buffer, position)
        var at = position
        do throws(CSVFault) {
            // `output` is the caller's promise; the parser checks its size.
            try unsafe Self.parse(buffer, table.parser, &at, end, output)
        } catch {
            let (line, offset) = (line(of: row, table), start + UInt64(position))
            throw Failure(
                reason: "bad_row", message: "line \(line), \(error)", file: table.files[fileIndex].file.path,
                offset: offset)
        }
        position = at
        nextRow = row + 1
    }

    /// Brings row `row` of `table` into memory.
    ///
    /// - Parameter ahead: how many rows the caller is likely to ask for, this one first.
    mutating func load(_ row: Int, of table: CSVTable, ahead: Int) throws(Failure) {
        tableID = 0
        fileIndex = table.fileIndex(ofRow: row)
        let file = table.files[fileIndex].file
        let window = table.window(row: row, count: ahead, fileIndex: fileIndex)
        do throws(RecordError) {
            try file.readBytes(window.bytes, into: &buffer)
        } catch {
            throw Failure(
                reason: error.badRecordReason, message: error.description, file: file.path,
                offset: window.bytes.lowerBound)
        }
        rows = window.rows
        start = window.bytes.lowerBound
        tableID = table.id
        rewind()
    }

    private mutating func rewind() {
        nextRow = rows.lowerBound
        position = 0
    }

    /// The number of row `row`'s line in its file: that of its group's first row, and the line ends since then.
    private func line(of row: Int, _ table: CSVTable) -> UInt64 {
        let file = table.files[fileIndex]
        let group = (rows.lowerBound - file.firstRow) / file.index.stride
        return file.index.line(ofGroup: group) + Self.lineEnds(buffer, before: position)
    }

    // A span taken from a property may not outlive the expression that reads it; from a borrowed parameter it may.

    private static func parse(
        _ buffer: borrowing RecordBuffer, _ parser: CSVRowParser, _ position: inout Int, _ end: Int,
        _ output: UnsafeMutableRawBufferPointer
    ) throws(CSVFault) {
        try unsafe parser.parse(buffer.bytes, &position, end: end, into: output)
    }

    /// The first position at or behind `position` with a line end, or that of the padding. A zero byte in the text is passed over.
    private static func skipRow(_ buffer: borrowing RecordBuffer, _ position: Int) -> Int {
        let text = buffer.bytes
        let end = text.byteCount - RecordFile.paddingBytes
        var at = skipLineEnds(buffer, position)
        while at < end, !hasLineEnd(text.eightCharacters(at)) { at += 8 }
        at = min(at, end)
        while at < end, text.character(at) != UInt8(ascii: "\n"), text.character(at) != UInt8(ascii: "\r") { at += 1 }
        return at
    }

    /// Whether one of eight characters is LF or CR. Subtracting one from every byte borrows into the highest bit of those that
    /// are zero.
    @inline(__always)
    private static func hasLineEnd(_ word: UInt64) -> Bool {
        let (ones, high): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let (feed, carriage) = (word ^ (ones &* 10), word ^ (ones &* 13))
        return ((feed &- ones) & ~feed | (carriage &- ones) & ~carriage) & high != 0
    }

    @inline(__always)
    private static func skipLineEnds(_ buffer: borrowing RecordBuffer, _ position: Int) -> Int {
        let text = buffer.bytes
        var at = position
        while text.character(at) == UInt8(ascii: "\n") || text.character(at) == UInt8(ascii: "\r") { at += 1 }
        return at
    }

    private static func lineEnds(_ buffer: borrowing RecordBuffer, before end: Int) -> UInt64 {
        let text = buffer.bytes
        var count: UInt64 = 0
        for position in 0..<end {
            let character = text.character(position)
            let isSecondHalf = position > 0 && text.character(position - 1) == UInt8(ascii: "\r")
            if character == UInt8(ascii: "\r") || character == UInt8(ascii: "\n") && !isSecondHalf { count += 1 }
        }
        return count
    }
}

import DataTypes
import RecordIO

/// Some rows of a table in memory: what one worker has read last.
struct LibSVMWindow: ~Copyable {
    private var tableID: UInt64 = 0
    private var fileIndex = 0
    private var range: Range<UInt64> = 0..<0
    private var buffer = RecordBuffer()

    init() {}

    /// Why a row cannot be had.
    struct Failure: Error {
        var reason: String
        var message: String
        var file: String
        var offset: UInt64
    }

    /// Reads row `row` of `table` into `room`, which is as large as the row was at open.
    ///
    /// - Parameter ahead: how many rows the caller is likely to ask for, this one first.
    /// - Returns: the row's label.
    mutating func read(
        _ row: Int, of table: LibSVMTable, ahead: Int, into room: LibSVMRowParser.Room
    ) throws(Failure) -> Float {
        let start = table.rows.offsets[row]
        let end = start + UInt64(table.rows.byteCounts[row])
        let fileIndex = table.fileIndex(ofRow: row)
        let path = table.files[fileIndex].file.path
        if tableID != table.id || self.fileIndex != fileIndex || range.lowerBound > start || range.upperBound < end {
            tableID = 0
            let window = table.window(row: row, count: ahead, fileIndex: fileIndex)
            do throws(RecordError) {
                try table.files[fileIndex].file.readBytes(window, into: &buffer)
            } catch {
                throw Failure(
                    reason: error.badRecordReason, message: error.description, file: path, offset: window.lowerBound)
            }
            (tableID, self.fileIndex, range) = (table.id, fileIndex, window)
        }
        let change: String
        do throws(LibSVMFault) {
            // The room is the caller's promise.
            let parsed = try unsafe Self.parse(buffer, table.parser, at: Int(start - range.lowerBound), room)
            let pairs = unsafe room.pairs
            if let parsed, parsed.pairs == pairs { return parsed.label }
            change = "\(parsed?.pairs ?? 0) pairs instead of \(pairs)"
        } catch {
            change = "\(error)"
        }
        throw Failure(
            reason: "file_changed", message: "the row has changed since the stream was opened: \(change)", file: path,
            offset: start)
    }

    // A span taken from a property may not outlive the expression that reads it; from a borrowed parameter it may.

    private static func parse(
        _ buffer: borrowing RecordBuffer, _ parser: LibSVMRowParser, at start: Int, _ room: LibSVMRowParser.Room
    ) throws(LibSVMFault) -> LibSVMRowParser.Row? {
        var position = start
        let text = buffer.bytes
        return try unsafe parser.parse(
            text, &position, end: text.byteCount - RecordFile.paddingBytes, into: room)
    }
}

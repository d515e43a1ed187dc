import DataTypes
import RecordIO

/// Where the rows of text files lie and how many pairs each has: what one pass over the files finds.
struct LibSVMRows: Sendable {
    /// Bytes from the file's start to the row's line.
    private(set) var offsets: [UInt64] = []
    private(set) var byteCounts: [UInt32] = []
    private(set) var pairCounts: [UInt32] = []
    /// Rows that cannot be read, in order.
    private(set) var bad: [Int] = []
    /// The first of them in words.
    private(set) var faults: [String] = []

    /// Bad rows that are described.
    static let describedFaults = 16
    /// Bytes read at once.
    private static let blockBytes: UInt64 = 1 << 20

    var count: Int { offsets.count }

    /// Adds the rows of `file`.
    ///
    /// - Parameters:
    ///   - policy: `error` ends the scan at the first row that cannot be read.
    ///   - maximumLineBytes: a longer line is damage, whatever the policy. Below 2³².
    /// - Throws: `.badData`, with file, line and column.
    mutating func scan(
        _ file: RecordFile, parser: LibSVMRowParser, policy: BadRecordPolicy, maximumLineBytes: UInt64
    ) throws(StreamError) {
        var buffer = RecordBuffer()
        var place = Place(file: file.path)
        var blockBytes = Self.blockBytes
        while place.offset < file.byteCount {
            let next = min(place.offset + blockBytes, file.byteCount)
            do throws(RecordError) {
                try file.readBytes(place.offset..<next, into: &buffer)
            } catch {
                throw StreamError(record: error)
            }
            let used = try add(buffer, parser, policy, isLast: next == file.byteCount, &place)
            place.offset += UInt64(used)
            guard used == 0 else {
                blockBytes = Self.blockBytes
                continue
            }
            // The line goes on: read again, with more of it.
            guard blockBytes <= maximumLineBytes else {
                throw StreamError(
                    record: .badLine(
                        file: file.path, line: place.line, reason: "the line has more than \(maximumLineBytes) bytes"))
            }
            blockBytes *= 2
        }
    }

    /// Where the scan is.
    private struct Place {
        let file: String
        var offset: UInt64 = 0
        var line = 1
    }

    /// Adds the rows of the lines that end in `buffer`.
    ///
    /// - Returns: bytes of these lines.
    private mutating func add(
        _ buffer: borrowing RecordBuffer, _ parser: LibSVMRowParser, _ policy: BadRecordPolicy, isLast: Bool,
        _ place: inout Place
    ) throws(StreamError) -> Int {
        let text = buffer.bytes
        let end = text.byteCount - RecordFile.paddingBytes
        var start = 0
        while start < end {
            var position = start
            var row: LibSVMRowParser.Row?
            var fault: LibSVMFault?
            do throws(LibSVMFault) {
                row = try unsafe parser.parse(text, &position, end: end, into: nil)
            } catch {
                fault = error
            }
            while position < end, text.character(position) != UInt8(ascii: "\n"),
                text.character(position) != UInt8(ascii: "\r")
            { position += 1 }
            let lineEnd = position
            // CR LF is one line end; whether an LF follows a CR the next block would tell.
            if position < end { position += text.character(position) == UInt8(ascii: "\r") ? 1 : 0 }
            if position < end, text.character(position) == UInt8(ascii: "\n") { position += 1 }
            if position == end, !isLast, text.character(end - 1) != UInt8(ascii: "\n") { return start }
            if row != nil || fault != nil {
                add(place.offset + UInt64(start), byteCount: lineEnd - start, pairs: row?.pairs ?? 0)
                if let fault { try add(fault, policy, place) }
            }
            place.line += 1
            start = position
        }
        return start
    }

    private mutating func add(_ offset: UInt64, byteCount: Int, pairs: Int) {
        offsets.append(offset)
        // Lines are shorter than 2³² bytes, and a pair has three at least.
        byteCounts.append(UInt32(byteCount))
        pairCounts.append(UInt32(pairs))
    }

    private mutating func add(_ fault: LibSVMFault, _ policy: BadRecordPolicy, _ place: Place) throws(StreamError) {
        let text = "'\(place.file)' line \(place.line), \(fault)"
        guard policy != .error else {
            throw StreamError(
                .badData, text, hint: "open with on_bad_record=\"skip\" to leave such rows out, or repair the file")
        }
        bad.append(count - 1)
        if faults.count < Self.describedFaults { faults.append(text) }
    }
}

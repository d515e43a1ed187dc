import Glibc
import RecordIO

/// One pass through a text file that finds where its rows begin.
struct RowScan: ~Copyable {
    /// Bytes read at once: few enough to be still in the core's own cache when they are searched.
    private static let blockBytes: UInt64 = 256 << 10
    /// Most bytes of blank lines in one place, since they are read together with the rows around them.
    private static let maximumBlankBytes: UInt64 = 1 << 20

    private let file: RecordFile
    private let maximumLineBytes: UInt64
    private var index: RowIndex
    private var rowCount = 0
    /// Rows until the next one that is noted.
    private var untilNote = 0
    private var lineStart: UInt64 = 0
    private var blankLines: UInt64 = 0
    /// Behind the last row.
    private var rowEnd: UInt64 = 0
    /// Behind the last CR: an LF there belongs to it.
    private var behindReturn: UInt64 = .max

    /// Scans `file`.
    ///
    /// - Parameters:
    ///   - stride: rows to a note, 1 … 8.
    ///   - maximumLineBytes: a longer line cannot be a row of the shape asked for. At most 2^29.
    /// - Throws: `.badLine`, or what reading throws.
    /// - Complexity: one pass at about the speed of memory.
    static func index(
        of file: RecordFile, stride: Int, maximumLineBytes: UInt64
    ) throws(RecordError) -> RowIndex {
        var scan = RowScan(file, stride: stride, maximumLineBytes: maximumLineBytes)
        try scan.run()
        return scan.index
    }

    private init(_ file: RecordFile, stride: Int, maximumLineBytes: UInt64) {
        // Eight lines with blank ones between must lie within the 2^32 bytes that a note can tell; with more rows to a note
        // lines are short.
        precondition(UInt64(stride * RowIndex.startsPerBase) * (maximumLineBytes + Self.maximumBlankBytes) < 1 << 32)
        self.file = file
        self.maximumLineBytes = maximumLineBytes
        index = RowIndex(stride: stride, end: file.byteCount)
    }

    private mutating func run() throws(RecordError) {
        var buffer = RecordBuffer()
        var position: UInt64 = 0
        while position < file.byteCount {
            let next = min(position + Self.blockBytes, file.byteCount)
            try file.readBytes(position..<next, into: &buffer)
            try add(buffer, count: Int(next - position), at: position)
            position = next
        }
        try finishLine(at: file.byteCount)
        index.finish(rowCount: rowCount)
    }

    private mutating func add(
        _ buffer: borrowing RecordBuffer, count: Int, at position: UInt64
    ) throws(RecordError) {
        // Every search is given what is left of the `count` bytes that were read.
        try unsafe buffer.withUnsafeBytes { (bytes) throws(RecordError) in
            let base = bytes.baseAddress!
            let hasReturns = unsafe memchr(base, 13, count) != nil
            var done = 0
            while done < count, let found = unsafe memchr(base + done, 10, count - done) {
                let feed = unsafe UnsafeRawPointer(found) - base
                if hasReturns { try unsafe finishReturns(base, done..<feed, at: position) }
                try finishLine(at: position + UInt64(feed))
                done = feed + 1
            }
            if hasReturns { try unsafe finishReturns(base, done..<count, at: position) }
        }
        // A line without an end must not be read to the end of a huge file.
        try checkLine(at: position + UInt64(count))
    }

    /// Ends the lines that end with a CR within `range` of the block that lies at `position` of the file.
    private mutating func finishReturns(
        _ block: UnsafeRawPointer, _ range: Range<Int>, at position: UInt64
    ) throws(RecordError) {
        var done = range.lowerBound
        // The caller's block has the range's bytes.
        while done < range.upperBound, let found = unsafe memchr(block + done, 13, range.upperBound - done) {
            done = unsafe UnsafeRawPointer(found) - block + 1
            // Only an LF belongs to a CR before it.
            behindReturn = .max
            try finishLine(at: position + UInt64(done - 1))
            behindReturn = lineStart
        }
    }

    @inline(__always)
    private mutating func finishLine(at position: UInt64) throws(RecordError) {
        if position > lineStart {
            try checkLine(at: position)
            if untilNote == 0 {
                index.addGroup(at: lineStart, blankLines: blankLines)
                untilNote = index.stride
            }
            untilNote -= 1
            rowCount += 1
            rowEnd = position
        } else if position - rowEnd > Self.maximumBlankBytes {
            throw .badLine(
                file: file.path, line: Int(clamping: line),
                reason: "more than \(Self.maximumBlankBytes) bytes of blank lines end here; the file is damaged")
        } else if position != behindReturn {
            // CR LF is one line end.
            blankLines += 1
        }
        lineStart = position + 1
    }

    /// The number of the line at `lineStart`.
    private var line: UInt64 { UInt64(rowCount) + blankLines + 1 }

    @inline(__always)
    private func checkLine(at position: UInt64) throws(RecordError) {
        guard position > lineStart, position - lineStart > maximumLineBytes else { return }
        throw .badLine(
            file: file.path, line: Int(clamping: line),
            reason: "the line has more than \(maximumLineBytes) bytes, too long for a row of the shape given")
    }
}

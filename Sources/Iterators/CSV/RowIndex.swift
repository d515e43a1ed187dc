import DataTypes
import Glibc
import RecordIO

/// Where the rows of one text file begin. Blank lines are no rows.
///
/// Only every `stride`-th row is noted, with its line's number; those between are found by their line ends. That is two
/// bytes a row at most, and a row is never more than seven others away.
struct RowIndex: Sendable {
    let stride: Int
    private(set) var rowCount = 0
    /// Offsets of rows 0, `stride`, 2 × `stride`, …
    private(set) var offsets: [UInt64] = []
    /// The numbers of their lines, from 1.
    private(set) var lines: [UInt64] = []
    /// Behind the last byte.
    let end: UInt64

    /// Bytes read at once while scanning.
    private static let blockBytes: UInt64 = 1 << 20
    /// Most bytes of blank lines in one place, since they are read together with the rows around them.
    private static let maximumBlankBytes: UInt64 = 1 << 20

    /// Scans `file`.
    ///
    /// - Parameter maximumLineBytes: a longer line cannot be a row of the shape asked for.
    /// - Throws: `.badLine`, or what reading throws.
    /// - Complexity: one pass at about the speed of memory.
    init(scanning file: RecordFile, stride: Int, maximumLineBytes: UInt64) throws(RecordError) {
        self.stride = stride
        end = file.byteCount
        var buffer = RecordBuffer()
        var scan = Scan(file: file.path, maximumLineBytes: maximumLineBytes)
        var position: UInt64 = 0
        while position < end {
            let next = min(position + Self.blockBytes, end)
            try file.readBytes(position..<next, into: &buffer)
            try add(buffer, count: Int(next - position), at: position, &scan)
            position = next
        }
        try finishLine(at: end, &scan)
    }

    /// What a scan remembers from block to block.
    private struct Scan {
        let file: String
        let maximumLineBytes: UInt64
        var lineStart: UInt64 = 0
        var line: UInt64 = 1
        /// Behind the last row.
        var rowEnd: UInt64 = 0
        /// Behind the last CR: an LF there belongs to it.
        var behindReturn: UInt64 = .max
    }

    private mutating func add(
        _ buffer: borrowing RecordBuffer, count: Int, at position: UInt64, _ scan: inout Scan
    ) throws(RecordError) {
        // Every search is given what is left of the `count` bytes that were read.
        try unsafe buffer.withUnsafeBytes { (bytes) throws(RecordError) in
            let base = bytes.baseAddress!
            let hasReturns = unsafe memchr(base, 13, count) != nil
            var done = 0
            while done < count, let found = unsafe memchr(base + done, 10, count - done) {
                let feed = unsafe UnsafeRawPointer(found) - base
                while hasReturns, done < feed, let found = unsafe memchr(base + done, 13, feed - done) {
                    done = unsafe UnsafeRawPointer(found) - base + 1
                    try finishLine(at: position + UInt64(done - 1), &scan)
                    scan.behindReturn = scan.lineStart
                }
                try finishLine(at: position + UInt64(feed), &scan)
                done = feed + 1
            }
            while hasReturns, done < count, let found = unsafe memchr(base + done, 13, count - done) {
                done = unsafe UnsafeRawPointer(found) - base + 1
                try finishLine(at: position + UInt64(done - 1), &scan)
                scan.behindReturn = scan.lineStart
            }
        }
        // A line without an end must not be read to the end of a huge file.
        try checkLine(at: position + UInt64(count), scan)
    }

    @inline(__always)
    private mutating func finishLine(at position: UInt64, _ scan: inout Scan) throws(RecordError) {
        if position > scan.lineStart {
            try checkLine(at: position, scan)
            if rowCount % stride == 0 {
                offsets.append(scan.lineStart)
                lines.append(scan.line)
            }
            rowCount += 1
            scan.rowEnd = position
        } else if position - scan.rowEnd > Self.maximumBlankBytes {
            throw .badLine(
                file: scan.file, line: Int(clamping: scan.line),
                reason: "more than \(Self.maximumBlankBytes) bytes of blank lines end here; the file is damaged")
        }
        // CR LF is one line end.
        let isSecondHalf = position == scan.lineStart && position == scan.behindReturn
        scan.line += isSecondHalf ? 0 : 1
        scan.lineStart = position + 1
    }

    @inline(__always)
    private func checkLine(at position: UInt64, _ scan: Scan) throws(RecordError) {
        guard position > scan.lineStart, position - scan.lineStart > scan.maximumLineBytes else { return }
        throw .badLine(
            file: scan.file, line: Int(clamping: scan.line),
            reason: "the line has more than \(scan.maximumLineBytes) bytes, too long for a row of the shape given")
    }

    /// The bytes from `group`'s first row to the end of the last row of `group + count - 1`.
    func bytes(ofGroup group: Int, count: Int) -> Range<UInt64> {
        offsets[group]..<(group + count < offsets.count ? offsets[group + count] : end)
    }

    var groupCount: Int { offsets.count }

    func addFingerprint(to fingerprint: inout Fingerprint) {
        fingerprint.combine(UInt64(rowCount))
        for offset in offsets { fingerprint.combine(offset) }
    }
}

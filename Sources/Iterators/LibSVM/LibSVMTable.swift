import DataTypes
import RecordIO
import Synchronization

/// The rows of one or several LibSVM files, in order, each found without reading those before it.
final class LibSVMTable: Sendable {
    struct File: Sendable {
        let file: RecordFile
        /// The table's number of this file's first row.
        let firstRow: Int
        /// Bytes of the files before it.
        let start: UInt64
    }

    let files: [File]
    let rows: LibSVMRows
    let parser: LibSVMRowParser
    let byteCount: UInt64
    /// What was left out, in sentences.
    let warnings: [String]
    /// No other table of this process has it, so that a worker's window cannot be taken for another table's.
    let id: UInt64
    private static let lastID = Atomic<UInt64>(0)

    /// Bytes read at once for rows in order.
    private static let windowBytes: UInt64 = 1 << 20

    /// - Parameters:
    ///   - paths: entries separated by `;`: files, folders, patterns.
    ///   - parameter: the name of the parameter that `paths` came in, for messages.
    ///   - policy: what becomes of rows that cannot be read.
    /// - Throws: `.notFound`, `.badParameter`, `.badData`.
    init(
        paths: String, parameter: String, parser: LibSVMRowParser, policy: BadRecordPolicy, context: IteratorContext
    ) throws(StreamError) {
        let expanded: RecordPaths
        do throws(RecordError) {
            expanded = try RecordPaths(expanding: paths, suffix: "")
        } catch {
            throw Self.explained(error, paths: paths)
        }
        var files: [File] = []
        var rows = LibSVMRows()
        var start: UInt64 = 0
        for path in expanded.paths {
            let file = try DataFile.open(try context.authorise(path, parameter), context: context)
            files.append(File(file: file, firstRow: rows.count, start: start))
            try rows.scan(
                file, parser: parser, policy: policy,
                maximumLineBytes: UInt64(min(context.maxRecordBytes, 1 << 31)))
            start += file.byteCount
            guard rows.count <= EpochPlan.maxRecords else {
                throw StreamError(
                    .badData, "'\(parameter)' has more than the \(EpochPlan.maxRecords) rows that can be served")
            }
        }
        guard rows.count > rows.bad.count else { throw StreamError(.badData, "'\(parameter)': '\(paths)' has no rows") }
        self.files = files
        self.rows = rows
        self.parser = parser
        byteCount = start
        let more = rows.bad.count - rows.faults.count
        warnings =
            expanded.warnings + rows.faults.map { "left out: \($0)" }
            + (more > 0 ? ["left out: \(more) more rows of '\(parameter)'"] : [])
        id = Self.lastID.add(1, ordering: .relaxed).newValue
    }

    /// MXNet takes a reader's arguments behind a question mark, which is a pattern here.
    private static func explained(_ error: RecordError, paths: String) -> StreamError {
        var result = StreamError(record: error)
        if paths.contains("?") {
            result.hint = "arguments behind '?' are not read; whether indexes begin at 0 or 1 is 'indexing_mode'"
        }
        return result
    }

    func addFingerprint(to fingerprint: inout Fingerprint) {
        for file in files {
            fingerprint.combine(file.file.path.split(separator: "/").last.map(String.init) ?? "")
            fingerprint.combine(file.file.byteCount)
            fingerprint.combine(UInt64(file.firstRow))
        }
        for (offset, pairs) in zip(rows.offsets, rows.pairCounts) {
            fingerprint.combine(offset)
            fingerprint.combine(UInt64(pairs))
        }
        for row in rows.bad { fingerprint.combine(UInt64(row)) }
    }

    /// The file that row `row` is in.
    func fileIndex(ofRow row: Int) -> Int { Self.last(files.count) { files[$0].firstRow <= row } }

    /// The last of `count` positions for which `holds` does: it holds for the first, and up to some position.
    private static func last(_ count: Int, _ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while high - low > 1 {
            let middle = (low + high) / 2
            if holds(middle) { low = middle } else { high = middle }
        }
        return low
    }

    /// The end of file `fileIndex`'s rows.
    private func endRow(ofFile fileIndex: Int) -> Int {
        fileIndex + 1 < files.count ? files[fileIndex + 1].firstRow : rows.count
    }

    /// Bytes of row `row` and of those behind it, as far as `count` rows, the file and the window's size go.
    func window(row: Int, count: Int, fileIndex: Int) -> Range<UInt64> {
        let start = rows.offsets[row]
        var end = start + UInt64(rows.byteCounts[row])
        for next in row + 1..<max(row + 1, min(row + count, endRow(ofFile: fileIndex))) {
            let behind = rows.offsets[next] + UInt64(rows.byteCounts[next])
            guard behind - start <= Self.windowBytes else { break }
            end = behind
        }
        return start..<end
    }

    /// Asks the storage for rows.
    func readAhead(_ range: Range<Int>) {
        var row = range.lowerBound
        while row < range.upperBound {
            let fileIndex = fileIndex(ofRow: row)
            let last = min(range.upperBound, endRow(ofFile: fileIndex)) - 1
            let end = rows.offsets[last] + UInt64(rows.byteCounts[last])
            files[fileIndex].file.readAhead(offset: rows.offsets[row], byteCount: end - rows.offsets[row])
            row = last + 1
        }
    }

    /// Rows before the cut between parts `part` - 1 and `part`, where MXNet cuts: at equal shares of the bytes of all files.
    /// The line that a cut falls into, or that begins there, is still of the part before, unless the cut is a file's start.
    func firstRow(ofBytePart part: Int, of parts: Int) -> Int {
        let step = (byteCount + UInt64(parts) - 1) / UInt64(parts)
        let cut = min(step * UInt64(part), byteCount)
        guard cut < byteCount else { return rows.count }
        let fileIndex = Self.last(files.count) { files[$0].start <= cut }
        let file = files[fileIndex]
        let count = endRow(ofFile: fileIndex) - file.firstRow
        guard cut > file.start, count > 0, rows.offsets[file.firstRow] <= cut - file.start else { return file.firstRow }
        return file.firstRow + 1 + Self.last(count) { rows.offsets[file.firstRow + $0] <= cut - file.start }
    }
}

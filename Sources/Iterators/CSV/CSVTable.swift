import DataTypes
import RecordIO
import Synchronization

/// The rows of one or several text files, in order, each found without reading those before it.
final class CSVTable: Sendable {
    /// One of them. A class, since a row in random order looks one up and a copy would count references of all its parts.
    final class File: Sendable {
        let file: RecordFile
        let index: RowIndex
        /// The table's number of this file's first row.
        let firstRow: Int

        init(file: RecordFile, index: RowIndex, firstRow: Int) {
            self.file = file
            self.index = index
            self.firstRow = firstRow
        }
    }

    let files: [File]
    let rowCount: Int
    let parser: CSVRowParser
    /// Files left out, in sentences.
    let warnings: [String]
    /// For rows in random order, when there is memory for all of them.
    let decoded: DecodedRows?
    /// No other table of this process has it, so that a worker's window cannot be taken for another table's.
    let id: UInt64
    private static let lastID = Atomic<UInt64>(0)

    /// Room for a field in the longest line that is accepted: more than any spelling of a number needs.
    private static let maximumFieldBytes: UInt64 = 64
    /// "HRROWS" and the version, which changes with the format or with what a row is.
    private static let cacheFormat: UInt64 = 0x4852_524F_5753_0001
    /// Fields of the rows that are read together to be kept: some ten kilobytes of text.
    private static let blockFields = 4096
    /// Bytes read at once for rows in order.
    private static let windowBytes: UInt64 = 1 << 20

    /// - Parameters:
    ///   - paths: entries separated by `;`: files, folders, patterns.
    ///   - parameter: the name of the parameter that `paths` came in, for messages.
    ///   - isRandom: rows will be wanted in random order.
    /// - Throws: `.notFound`, `.badParameter`, `.badData`.
    init(
        paths: String, parameter: String, parser: CSVRowParser, isRandom: Bool, context: IteratorContext
    ) throws(StreamError) {
        let expanded: RecordPaths
        do throws(RecordError) {
            expanded = try RecordPaths(expanding: paths, suffix: "")
        } catch {
            throw Self.explained(error, paths: paths)
        }
        // Notes of rows take a thirteenth of the text at most, or less than a byte for each row of up to eight fields.
        let stride = max(1, min(8, 64 / parser.fieldCount))
        let maximumLineBytes = min(
            4096 + UInt64(parser.fieldCount) * Self.maximumFieldBytes, UInt64(context.maxRecordBytes))
        var files: [File] = []
        var rows = 0
        for path in expanded.paths {
            let file = try DataFile.open(try context.authorise(path, parameter), context: context)
            do throws(RecordError) {
                let index = try Self.index(of: file, stride, maximumLineBytes, context)
                files.append(File(file: file, index: index, firstRow: rows))
                rows += index.rowCount
            } catch {
                throw StreamError(record: error)
            }
        }
        guard rows > 0 else { throw StreamError(.badData, "'\(parameter)': '\(paths)' has no rows") }
        guard rows <= EpochPlan.maxRecords else {
            throw StreamError(
                .badData, "'\(parameter)' has \(rows) rows; at most \(EpochPlan.maxRecords) can be served")
        }
        self.files = files
        rowCount = rows
        decoded =
            isRandom
            ? DecodedRows(
                rowCount: rows, rowBytes: parser.fieldCount * parser.elementType.byteWidth,
                blockRows: max(1, min(1024, Self.blockFields / parser.fieldCount)), budget: context.caches) : nil
        self.parser = parser
        warnings = expanded.warnings
        id = Self.lastID.add(1, ordering: .relaxed).newValue
    }

    /// The rows of `file`, from the cache or by a scan.
    private static func index(
        of file: RecordFile, _ stride: Int, _ maximumLineBytes: UInt64, _ context: IteratorContext
    ) throws(RecordError) -> RowIndex {
        let cache = context.cacheDirectory.map { WordCache(directory: $0, format: cacheFormat, suffix: ".rows") }
        // A line that is too long for one shape may do for another.
        let key = maximumLineBytes << 8 | UInt64(stride)
        if let words = cache?.load(for: file, key: key),
            let index = RowIndex(words: words, stride: stride, end: file.byteCount)
        {
            return index
        }
        let index = try RowScan.index(of: file, stride: stride, maximumLineBytes: maximumLineBytes)
        cache?.store(index.words, for: file, key: key)
        return index
    }

    /// MXNet takes a reader's arguments behind a question mark, which is a pattern here.
    private static func explained(_ error: RecordError, paths: String) -> StreamError {
        var result = StreamError(record: error)
        if paths.contains("?") {
            result.hint = "arguments behind '?' are not read; the separator is the parameter 'delimiter'"
        }
        return result
    }

    var byteCount: UInt64 { files.reduce(0) { $0 &+ $1.file.byteCount } }

    func addFingerprint(to fingerprint: inout Fingerprint) {
        for file in files {
            fingerprint.combine(file.file.path.split(separator: "/").last.map(String.init) ?? "")
            fingerprint.combine(file.file.byteCount)
            file.index.addFingerprint(to: &fingerprint)
        }
    }

    /// The file that row `row` is in.
    func fileIndex(ofRow row: Int) -> Int {
        precondition(row >= 0 && row < rowCount)
        // The last file that begins at or before the row; files without rows begin where the next one does.
        var low = 0
        var high = files.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if files[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return low
    }

    /// Bytes to read for row `row` of file `fileIndex`, and for those behind it as far as `count` rows and the window's size go.
    ///
    /// - Returns: the bytes, the row they begin with and the row they end before.
    func window(row: Int, count: Int, fileIndex: Int) -> (bytes: Range<UInt64>, rows: Range<Int>) {
        let file = files[fileIndex]
        let index = file.index
        let first = (row - file.firstRow) / index.stride
        let last = count == 1 ? first : min(row - file.firstRow + count - 1, index.rowCount - 1) / index.stride
        var groups = 1
        while first + groups <= last {
            let bytes = index.bytes(ofGroup: first, count: groups + 1)
            if bytes.upperBound - bytes.lowerBound > Self.windowBytes { break }
            groups += 1
        }
        let begin = first * index.stride
        let end = min(begin + groups * index.stride, index.rowCount)
        return (index.bytes(ofGroup: first, count: groups), file.firstRow + begin..<file.firstRow + end)
    }

    /// Asks the storage for rows, unless they have been read for good.
    func readAhead(_ rows: Range<Int>) {
        var row = rows.lowerBound
        if let decoded, rows.count == 1, decoded.isReady(row) { return }
        let end = min(rows.upperBound, rowCount)
        while row < end {
            let file = files[fileIndex(ofRow: row)]
            let first = (row - file.firstRow) / file.index.stride
            let last = (min(end - file.firstRow, file.index.rowCount) - 1) / file.index.stride
            let bytes = file.index.bytes(ofGroup: first, count: last - first + 1)
            file.file.readAhead(offset: bytes.lowerBound, byteCount: bytes.upperBound - bytes.lowerBound)
            row = file.firstRow + file.index.rowCount
        }
    }

    /// Reads row `row` into `output`.
    ///
    /// - Parameters:
    ///   - window: the worker's.
    ///   - ahead: how many rows the worker is likely to ask for, this one first.
    func read(
        _ row: Int, ahead: Int, window: inout CSVWindow, into output: UnsafeMutableRawBufferPointer
    ) throws(CSVWindow.Failure) {
        if let decoded {
            if unsafe decoded.copy(row, to: output) { return }
            try unsafe decoded.readBlock(of: row) { (other, output) throws(CSVWindow.Failure) in
                let rest = decoded.blockRows - other % decoded.blockRows
                if !window.holds(other, of: self) { try window.load(other, of: self, ahead: rest) }
                // What is wrong with a row is told when that row is wanted.
                do throws(CSVWindow.Failure) {
                    try unsafe window.parse(other, of: self, into: output)
                    return true
                } catch {
                    return false
                }
            }
            if unsafe decoded.copy(row, to: output) { return }
        }
        if !window.holds(row, of: self) { try window.load(row, of: self, ahead: ahead) }
        try unsafe window.parse(row, of: self, into: output)
    }
}

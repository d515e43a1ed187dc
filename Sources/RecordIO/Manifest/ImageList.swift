/// The rows of a .lst file: image number, labels, and the image's path.
///
/// Rows keep the order of the file's lines. Numbers and labels lie in plain arrays; a row is found by its number with a
/// binary search.
package struct ImageList: Sendable {
    /// Image number of each row. A number may occur several times.
    package private(set) var ids: [UInt64] = []
    private var labels: [Float] = []
    /// Where each row's labels begin, and behind the last row the end; nil when all rows have `labelWidth` labels.
    private var labelStarts: [Int]?
    private let labelWidth: Int
    private var pathBytes: [UInt8] = []
    /// Where each row's path ends in `pathBytes`.
    private var pathEnds: [Int] = []
    /// Rows sorted by number, of equal numbers only the last: that is the row which counts, as in MXNet.
    private var rowsByID: [Int] = []

    /// Reads a .lst file.
    ///
    /// Columns are separated by white space, as MXNet's native readers have it. Where those read a word that is no
    /// number as 0, this is an error.
    ///
    /// - Parameters:
    ///   - labelWidth: labels of every row, 1 or more; columns behind them are the path, or nothing. nil: every column
    ///     between the number and the path is a label, one or more.
    ///   - keepsPaths: false saves the memory where only labels are wanted.
    /// - Throws: `.badLine` for the first line that cannot be used; what opening and reading throw.
    package init(path: String, labelWidth: Int?, keepsPaths: Bool = false) throws(RecordError) {
        precondition(labelWidth ?? 1 > 0)
        self.labelWidth = labelWidth ?? 0
        if labelWidth == nil { labelStarts = [0] }
        let file = try RecordFile(path: path)
        var lines = LineReader(file: file)
        while let line = try lines.next() {
            if line.isEmpty { continue }
            do {
                try add(line, labelWidth: labelWidth, keepsPaths: keepsPaths)
            } catch {
                throw .badLine(file: path, line: lines.lineNumber, reason: error.reason)
            }
        }
        sortRows()
    }

    /// An empty list for rows in memory, which are numbered from 1, with room for so many of them.
    package init(rows: Int, labels: Int, pathBytes: Int) {
        labelWidth = 0
        labelStarts = [0]
        ids.reserveCapacity(rows)
        self.labels.reserveCapacity(labels)
        labelStarts?.reserveCapacity(rows + 1)
        self.pathBytes.reserveCapacity(pathBytes)
        pathEnds.reserveCapacity(rows)
        rowsByID.reserveCapacity(rows)
    }

    /// Bytes that a list with room for so many takes.
    package static func byteCount(rows: Int, labels: Int, pathBytes: Int) -> Int { 40 * rows + 4 * labels + pathBytes }

    /// Appends a row to a list that has been made empty.
    package mutating func append(labels: [Float], path: String) {
        rowsByID.append(ids.count)
        ids.append(UInt64(ids.count + 1))
        self.labels.append(contentsOf: labels)
        labelStarts?.append(self.labels.count)
        pathBytes.append(contentsOf: path.utf8)
        pathEnds.append(pathBytes.count)
    }

    private mutating func sortRows() {
        // Stable: of equal numbers the last row comes last, and replaces those before it.
        for row in ids.indices.sorted(by: { ids[$0] < ids[$1] }) {
            if let last = rowsByID.last, ids[last] == ids[row] {
                rowsByID[rowsByID.count - 1] = row
            } else {
                rowsByID.append(row)
            }
        }
    }

    package var rowCount: Int { ids.count }

    /// The row that gives image `id` its labels, or nil when the list does not have it.
    package func row(ofID id: UInt64) -> Int? {
        var low = 0
        var high = rowsByID.count
        while low < high {
            let middle = (low + high) / 2
            if ids[rowsByID[middle]] < id { low = middle + 1 } else { high = middle }
        }
        return low < rowsByID.count && ids[rowsByID[low]] == id ? rowsByID[low] : nil
    }

    /// The labels of a row, borrowed from the list.
    @_lifetime(borrow self)
    package borrowing func labels(ofRow row: Int) -> Span<Float> {
        let range: Range<Int>
        if let labelStarts {
            range = labelStarts[row]..<labelStarts[row + 1]
        } else {
            range = row * labelWidth..<(row + 1) * labelWidth
        }
        return labels.span.extracting(range)
    }

    /// The path of a row as it stands in the list, empty when it has none. Only of lists that keep paths.
    package func path(ofRow row: Int) -> String {
        let start = row == 0 ? 0 : pathEnds[row - 1]
        return String(decoding: pathBytes[start..<pathEnds[row]], as: UTF8.self)
    }

    private struct LineFault: Error { var reason: String }

    private mutating func add(_ line: [UInt8], labelWidth: Int?, keepsPaths: Bool) throws(LineFault) {
        let columns = Self.columns(line, labelWidth: labelWidth)
        guard let first = columns.first else { return }
        let idText = Self.text(first)
        guard let id = UInt64(idText) else {
            throw LineFault(reason: "the image number is '\(idText)', not a whole number")
        }
        let labelColumns: ArraySlice<ArraySlice<UInt8>>
        if let labelWidth {
            guard columns.count > labelWidth else {
                throw LineFault(
                    reason: "\(labelWidth) labels are needed behind the image number; found \(columns.count - 1)")
            }
            labelColumns = columns[1...labelWidth]
        } else {
            guard columns.count > 2 else {
                throw LineFault(reason: "an image number, labels and a path are needed; found \(columns.count) columns")
            }
            labelColumns = columns[1..<columns.count - 1]
        }
        for (position, column) in labelColumns.enumerated() {
            let text = Self.text(column)
            guard let label = Float(text) else {
                throw LineFault(reason: "label \(position + 1) is '\(text)', not a number")
            }
            labels.append(label)
        }
        labelStarts?.append(labels.count)
        ids.append(id)
        if keepsPaths {
            if columns.count > labelColumns.endIndex {
                pathBytes.append(contentsOf: Self.trimmed(columns[columns.count - 1]))
            }
            pathEnds.append(pathBytes.count)
        }
    }

    /// With a known number of labels, white space of any kind ends a column, and what follows the last label is the
    /// path. Otherwise tabs do, or, in a line without one, spaces.
    private static func columns(_ line: [UInt8], labelWidth: Int?) -> [ArraySlice<UInt8>] {
        let (tab, space) = (UInt8(ascii: "\t"), UInt8(ascii: " "))
        if let labelWidth {
            return line.split(maxSplits: labelWidth + 1) { $0 == tab || $0 == space }
        }
        return line.contains(tab)
            ? line.split(separator: tab, omittingEmptySubsequences: false) : line.split { $0 == space }
    }

    private static func trimmed(_ column: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var column = column
        while column.first == UInt8(ascii: " ") { column.removeFirst() }
        while column.last == UInt8(ascii: " ") { column.removeLast() }
        return column
    }

    /// A column for a message or for a conversion: no number is longer than this.
    private static func text(_ column: ArraySlice<UInt8>) -> String {
        String(decoding: trimmed(column).prefix(64), as: UTF8.self)
    }
}

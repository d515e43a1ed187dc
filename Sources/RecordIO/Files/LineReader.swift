/// Reads a text file line by line.
struct LineReader: ~Copyable {
    /// A longer line is no line of a list; it is cut there, and the rest read as a line of its own, which keeps the
    /// memory bounded whatever the file is.
    private static let maximumLineBytes = 1 << 20

    private var window: FileWindow
    private var position: UInt64 = 0
    /// The number of the line that was read last, from 1.
    private(set) var lineNumber = 0

    init(file: RecordFile) { window = FileWindow(file: file) }

    /// The next line without its end, LF or CR LF; nil at the end of the file.
    mutating func next() throws(RecordError) -> [UInt8]? {
        guard position < window.file.byteCount else { return nil }
        lineNumber += 1
        var line: [UInt8] = []
        var isComplete = false
        while !isComplete, line.count < Self.maximumLineBytes {
            let available = min(try window.load(position, 1), Self.maximumLineBytes - line.count)
            if available == 0 { break }
            let count = Self.append(window.bytes(position, available), to: &line)
            isComplete = count < available
            position += UInt64(isComplete ? count + 1 : count)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    /// Appends what comes before the next line end, and returns how much that is.
    private static func append(_ bytes: RawSpan, to line: inout [UInt8]) -> Int {
        var count = 0
        while count < bytes.byteCount, bytes.uint8(at: count) != UInt8(ascii: "\n") { count += 1 }
        line.append(contentsOf: bytes.extracting(0..<count))
        return count
    }
}

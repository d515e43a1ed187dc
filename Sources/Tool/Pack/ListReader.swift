import Foundation

/// Reads the rows of a .lst file: `number TAB label [TAB label …] TAB path`.
///
/// Follows MXNet 1.9.1 `tools/im2rec.py`: columns are separated by tabs and stripped of white space, the path is the last.
/// Unlike `RecordIO.ImageList` it goes on behind a line that cannot be used.
struct ListReader {
    enum Row: Sendable {
        case image(line: Int, id: UInt64, labels: [Float], path: String)
        case fault(line: Int, reason: String)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Lines in the whole list, empty ones included: enough for a progress bar.
    var lineCount: Int { bytes.reduce(into: 0) { count, byte in count += byte == UInt8(ascii: "\n") ? 1 : 0 } }

    /// The next row, empty lines passed over; nil at the end.
    mutating func next() -> Row? {
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let text = Self.stripped(bytes[position..<end])
            position = end + 1
            line += 1
            if !text.isEmpty { return row(text) }
        }
        return nil
    }

    private func row(_ text: ArraySlice<UInt8>) -> Row {
        func fault(_ reason: String) -> Row { .fault(line: line, reason: reason) }
        let columns = text.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map(Self.stripped)
        guard columns.count >= 3 else {
            return fault("a number, labels and a path, separated by tabs, are needed; found \(columns.count) columns")
        }
        guard let id = UInt64(Self.word(columns[0])) else {
            return fault("the number is '\(Self.word(columns[0]))', not a whole number from 0 to 18446744073709551615")
        }
        var labels: [Float] = []
        for column in columns[1..<columns.count - 1] {
            // Through Double, as Python reads them.
            guard let label = Double(Self.word(column)) else {
                return fault("label \(labels.count + 1) is '\(Self.word(column))', not a number")
            }
            labels.append(Float(label))
        }
        let path = columns[columns.count - 1]
        guard let name = String(validating: path, as: UTF8.self), !name.isEmpty, !path.contains(0) else {
            return fault("the path is empty or not UTF-8")
        }
        return .image(line: line, id: id, labels: labels, path: name)
    }

    private static func stripped(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    /// A column for a conversion or a message: no number is longer than this.
    private static func word(_ column: ArraySlice<UInt8>) -> String {
        String(decoding: column.prefix(64), as: UTF8.self)
    }
}

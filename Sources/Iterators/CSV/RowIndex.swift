import DataTypes
import RecordIO

/// Where the rows of one text file begin. Blank lines are no rows.
///
/// Every `stride`-th row is noted; those between are found by their line ends. A note is four bytes, counted from a base that
/// every eighth note has, and the numbers of lines follow from those of rows and of the blank lines before them:
///
///     bases    | offset of row 0 |                     | offset of row 8 × stride |
///     starts   | 0 | bytes to row stride | … | … | … | 0 | …
struct RowIndex: Sendable {
    /// Notes that share a base. Rows have lengths that `RowScan` limits; so many of them, with eight rows to a note, lie
    /// well within 2^32 bytes.
    static let startsPerBase = 8

    let stride: Int
    private(set) var rowCount = 0
    private var bases: [UInt64] = []
    private var starts: [UInt32] = []
    /// From which note on how many blank lines have been passed, wherever that number changes.
    private var blankLines: [(start: Int, count: UInt64)] = []
    /// Behind the last byte.
    let end: UInt64

    init(stride: Int, end: UInt64) {
        precondition((1...8).contains(stride))
        self.stride = stride
        self.end = end
    }

    /// Rows with a note: the first of every `stride`.
    var groupCount: Int { starts.count }

    /// Notes the next group of rows.
    @inline(__always)
    mutating func addGroup(at offset: UInt64, blankLines count: UInt64) {
        if starts.count % Self.startsPerBase == 0 { bases.append(offset) }
        if count != blankLines.last?.count ?? 0 { blankLines.append((starts.count, count)) }
        starts.append(UInt32(offset - bases[bases.count - 1]))
    }

    /// Called once, when all groups have been noted.
    mutating func finish(rowCount: Int) {
        precondition(starts.count == (rowCount + stride - 1) / stride)
        self.rowCount = rowCount
    }

    func start(ofGroup group: Int) -> UInt64 { bases[group / Self.startsPerBase] + UInt64(starts[group]) }

    /// The bytes from `group`'s first row to the end of the last row of `group + count - 1`.
    func bytes(ofGroup group: Int, count: Int) -> Range<UInt64> {
        start(ofGroup: group)..<(group + count < starts.count ? start(ofGroup: group + count) : end)
    }

    /// The number of the line, from 1, that `group`'s first row is in.
    func line(ofGroup group: Int) -> UInt64 {
        // The last change at or before the group.
        var low = 0
        var high = blankLines.count
        while low < high {
            let middle = (low + high) / 2
            if blankLines[middle].start <= group { low = middle + 1 } else { high = middle }
        }
        return UInt64(group * stride) + 1 + (low == 0 ? 0 : blankLines[low - 1].count)
    }

    func addFingerprint(to fingerprint: inout Fingerprint) {
        fingerprint.combine(UInt64(rowCount))
        for base in bases { fingerprint.combine(base) }
    }
}

/// For the cache: rows | bases | pairs of blank lines | bases … | blank lines, 2 words each … | starts, 2 a word …
extension RowIndex {
    var words: [UInt64] {
        var words = [UInt64(rowCount), UInt64(bases.count), UInt64(blankLines.count)]
        words.reserveCapacity(3 + bases.count + 2 * blankLines.count + (starts.count + 1) / 2)
        words += bases
        for entry in blankLines { words += [UInt64(entry.start), entry.count] }
        for first in Swift.stride(from: 0, to: starts.count, by: 2) {
            let second = first + 1 < starts.count ? UInt64(starts[first + 1]) : 0
            words.append(UInt64(starts[first]) | second << 32)
        }
        return words
    }

    /// The index that `words` were made of, or nil when they cannot be one of a file of `end` bytes.
    ///
    /// Whoever can write to the cache decides what rows are; that no row lies outside the file is checked all the same, so
    /// that no accident can trap.
    init?(words: [UInt64], stride: Int, end: UInt64) {
        guard words.count >= 3, let rows = Int(exactly: words[0]), let baseCount = Int(exactly: words[1]),
            let blankCount = Int(exactly: words[2]), rows <= Int.max - 8, baseCount < words.count,
            blankCount < words.count
        else { return nil }
        let count = (rows + stride - 1) / stride
        guard baseCount == (count + Self.startsPerBase - 1) / Self.startsPerBase,
            words.count == 3 + baseCount + 2 * blankCount + (count + 1) / 2
        else { return nil }
        self.init(stride: stride, end: end)
        rowCount = rows
        bases = Array(words[3..<3 + baseCount])
        var next = 3 + baseCount
        for _ in 0..<blankCount {
            guard let start = Int(exactly: words[next]), words[next + 1] <= end else { return nil }
            blankLines.append((start, words[next + 1]))
            next += 2
        }
        starts.reserveCapacity(count)
        var previous: UInt64?
        for start in 0..<count {
            let note = UInt32(truncatingIfNeeded: words[next + start / 2] >> (UInt64(start & 1) * 32))
            let (offset, overflow) = bases[start / Self.startsPerBase].addingReportingOverflow(UInt64(note))
            guard !overflow, offset < end, previous.map({ $0 < offset }) ?? true else { return nil }
            previous = offset
            starts.append(note)
        }
    }
}

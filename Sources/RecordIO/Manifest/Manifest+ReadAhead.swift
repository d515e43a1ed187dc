extension Manifest {
    /// One stretch of a file.
    struct Stretch: Equatable {
        var fileIndex: Int
        var offset: UInt64
        var byteCount: UInt64
    }

    /// An .idx file that lists few records makes long spans; what lies between them is not wanted.
    private static let longestSpan: UInt64 = 8 << 20
    /// Stretches with a gap as short as this are asked for as one: reading it costs less than another request.
    private static let shortestGap: UInt64 = 16 << 10
    /// The system reads no more than some megabytes for one request.
    private static let longestStretch: UInt64 = 2 << 20

    /// Tells the system that these records will be read soon, in the order in which they lie on the disk.
    package func readAhead(_ ordinals: [Int]) {
        let wanted = ordinals.map { ordinal in
            let (fileIndex, entry) = locate(ordinal)
            return Stretch(
                fileIndex: fileIndex, offset: entry.offset, byteCount: min(UInt64(entry.spanBytes), Self.longestSpan))
        }
        for stretch in Self.merged(wanted) {
            files[stretch.fileIndex].file.readAhead(offset: stretch.offset, byteCount: stretch.byteCount)
        }
    }

    /// The same bytes sorted, neighbours in one.
    static func merged(_ stretches: [Stretch]) -> [Stretch] {
        var result: [Stretch] = []
        for next in stretches.sorted(by: { ($0.fileIndex, $0.offset) < ($1.fileIndex, $1.offset) }) {
            if let last = result.last, last.fileIndex == next.fileIndex {
                let end = last.offset &+ last.byteCount
                let wholeBytes = max(end, next.offset &+ next.byteCount) &- last.offset
                if next.offset <= end &+ shortestGap, wholeBytes <= longestStretch {
                    result[result.count - 1].byteCount = wholeBytes
                    continue
                }
            }
            result.append(next)
        }
        return result
    }
}

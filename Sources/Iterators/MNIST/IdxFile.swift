import DataTypes
import RecordIO

/// A file of the idx format: a header of big-endian numbers, then bytes in C order.
///
///     | 0 0 | type | rank | extent, 4 bytes each ... | bytes ... |
struct IdxFile: Sendable {
    let file: RecordFile
    /// The first is the number of samples.
    let extents: [Int]
    private let headerBytes: Int

    /// - Parameters:
    ///   - rank: 3 for images, 1 for labels.
    ///   - parameter: the parameter that named the file, for messages.
    /// - Throws: `.notFound`; `.badData` when the magic number, an extent or the file's size is not as it must be.
    init(_ path: String, rank: Int, parameter: String, context: IteratorContext) throws(StreamError) {
        file = try DataFile.open(path, context: context)
        headerBytes = 4 + 4 * rank
        let what = "'\(parameter)': '\(path)'"
        guard file.byteCount >= UInt64(headerBytes) else {
            throw StreamError(.badData, "\(what) has \(file.byteCount) bytes, fewer than an idx header of rank \(rank)")
        }
        var buffer = RecordBuffer()
        do throws(RecordError) {
            try file.readBytes(0..<UInt64(headerBytes), into: &buffer)
        } catch {
            throw StreamError(record: error)
        }
        let words = (0...rank).map { Self.word(buffer, 4 * $0) }
        // Type 8 is bytes.
        guard words[0] == 0x800 + UInt32(rank) else {
            throw StreamError(
                .badData,
                "\(what) begins with the number \(words[0]); an idx file of bytes of rank \(rank) with \(0x800 + rank)",
                hint: rank == 3 ? "are 'image' and 'label' swapped?" : "")
        }
        let extents = words.dropFirst().map { Int($0) }
        var byteCount = 1
        for extent in extents {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
            guard extent > 0, !overflow else {
                throw StreamError(.badData, "\(what) has the shape \(extents), which no file can have")
            }
            byteCount = product
        }
        guard UInt64(byteCount) == file.byteCount - UInt64(headerBytes) else {
            throw StreamError(
                .badData,
                "\(what) has \(file.byteCount - UInt64(headerBytes)) bytes of data; its shape \(extents) asks for "
                    + "\(byteCount)")
        }
        self.extents = extents
    }

    private static func word(_ buffer: borrowing RecordBuffer, _ position: Int) -> UInt32 {
        // The header was read whole.
        UInt32(bigEndian: unsafe buffer.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    var sampleBytes: Int { extents.dropFirst().reduce(1, *) }

    /// Where samples `first` ..< `first + count` lie in the file.
    func bytes(first: Int, count: Int) -> Range<UInt64> {
        let start = UInt64(headerBytes + first * sampleBytes)
        return start..<start + UInt64(count * sampleBytes)
    }

    func addFingerprint(to fingerprint: inout Fingerprint) {
        fingerprint.combine(file.path.split(separator: "/").last.map(String.init) ?? "")
        for extent in extents { fingerprint.combine(UInt64(extent)) }
    }
}

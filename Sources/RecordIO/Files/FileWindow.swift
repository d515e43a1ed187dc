/// A view of a file for reading forward with jumps: headers far apart, or every byte.
///
/// Blocks are large while the next byte wanted is near, and small after a long jump, so that a scan for headers neither
/// makes a system call per small record nor drags the images of a file of large records through memory.
struct FileWindow: ~Copyable {
    /// About what a disk delivers in the time of one more access: reading through is cheaper up to here.
    private static let jumpBytes: UInt64 = 256 << 10
    /// What `load` can be asked for.
    static let maximumWantedBytes: UInt64 = 1 << 20
    private static let largeBlockBytes: UInt64 = 1 << 20
    private static let smallBlockBytes: UInt64 = 4 << 10

    let file: RecordFile
    private var buffer = RecordBuffer()
    private var start: UInt64 = 0
    private var count = 0

    init(file: RecordFile) { self.file = file }

    /// Offset behind the last byte in the window.
    var end: UInt64 { start + UInt64(count) }

    /// Brings the bytes at `offset` into the window.
    ///
    /// - Parameter wanted: at least this many, unless the file ends before. At most 1 MiB.
    /// - Returns: how many bytes from `offset` on the window holds, `wanted` or more; fewer only at the end of the
    ///   file.
    @inline(__always)
    mutating func load(_ offset: UInt64, _ wanted: Int) throws(RecordError) -> Int {
        if offset >= start, offset <= end, end - offset >= UInt64(wanted) { return Int(end - offset) }
        return try fill(offset, wanted)
    }

    /// `count` bytes at `offset`, which `load` brought in.
    @_lifetime(borrow self)
    @inline(__always)
    borrowing func bytes(_ offset: UInt64, _ count: Int) -> RawSpan {
        let position = Int(offset - start)
        return buffer.loaded(position..<position + count)
    }

    /// The little-endian number at `offset`, which `load` brought in.
    @inline(__always)
    borrowing func uint32(at offset: UInt64) -> UInt32 { bytes(offset, 4).uint32(at: 0) }

    private mutating func fill(_ offset: UInt64, _ wanted: Int) throws(RecordError) -> Int {
        guard offset < file.byteCount else { return 0 }
        let isNear = offset >= start && offset - start < UInt64(count) + Self.jumpBytes
        let block = max(isNear ? Self.largeBlockBytes : Self.smallBlockBytes, UInt64(wanted))
        let available = Int(min(block, file.byteCount - offset))
        // Nothing is in the window should the read fail.
        count = 0
        buffer.reserve(available)
        try file.read(at: offset, to: 0..<available, of: &buffer)
        start = offset
        count = available
        return available
    }
}

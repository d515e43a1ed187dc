import CLinux
import Glibc

/// A data file, open for reading at any offset from any thread.
///
/// The file is read with pread and never mapped: a mapped file that is truncated by somebody else kills the process
/// with SIGBUS, whereas a read ends in `.fileChanged`.
package final class RecordFile: Sendable {
    package let path: String
    /// Size when the file was opened. Reads beyond it are refused, reads that come short of it mean the file was
    /// changed.
    package let byteCount: UInt64
    package let modificationNanoseconds: Int64
    package let inode: UInt64
    package let device: UInt64
    /// When the file's content or description was changed last, which no program can set.
    package let changeNanoseconds: Int64
    /// The largest record, assembled, that is read.
    package let maximumRecordBytes: Int
    /// For C code that reads the file itself. It is closed with the object.
    package let descriptor: Int32

    /// - Parameters:
    ///   - maximumRecordBytes: a record that claims more is damaged. The format itself allows more than memory has.
    ///   - suggestsNames: a missing file is answered with the nearest name in its folder, which costs reading the folder.
    /// - Throws: `.missingFile`, `.notARegularFile` or `.system`.
    package convenience init(
        path: String, maximumRecordBytes: Int = 1 << 30, suggestsNames: Bool = true
    ) throws(RecordError) {
        // O_NONBLOCK: without it, opening a FIFO would wait for a writer that may never come.
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR {
                throw .missingFile(path: path, suggestion: suggestsNames ? RecordPaths.suggestion(for: path) : nil)
            }
            throw .system(operation: "open", path: path, code: code)
        }
        try self.init(adopting: descriptor, path: path, maximumRecordBytes: maximumRecordBytes)
    }

    /// Takes over an open file, and closes it, also when it throws.
    ///
    /// - Parameter path: what messages call the file; nothing is opened by it.
    package init(
        adopting descriptor: Int32, path: String, maximumRecordBytes: Int = 1 << 30
    ) throws(RecordError) {
        guard let status = Self.status(of: descriptor) else {
            let code = errno
            close(descriptor)
            throw .system(operation: "look at", path: path, code: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notARegularFile(path: path)
        }
        self.path = path
        self.maximumRecordBytes = maximumRecordBytes
        self.descriptor = descriptor
        byteCount = UInt64(clamping: status.st_size)
        modificationNanoseconds = Self.nanoseconds(status.st_mtim)
        changeNanoseconds = Self.nanoseconds(status.st_ctim)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
    }

    deinit { close(descriptor) }

    /// True when size and modification time are still those of the opening.
    package var isUnchanged: Bool {
        guard let status = Self.status(of: descriptor) else { return false }
        return UInt64(clamping: status.st_size) == byteCount
            && Self.nanoseconds(status.st_mtim) == modificationNanoseconds
    }

    /// Tells the system that these bytes will be wanted soon. Returns at once; failure does no harm.
    package func readAhead(offset: UInt64, byteCount: UInt64) {
        _ = posix_fadvise(
            descriptor, off_t(clamping: offset), off_t(clamping: byteCount), Int32(POSIX_FADV_WILLNEED))
    }

    /// Reads exactly the bytes at `offset` to `range` of `buffer`, which has room for them.
    ///
    /// - Throws: `.fileChanged` when the file has become shorter, `.system` when the device fails.
    func read(at offset: UInt64, to range: Range<Int>, of buffer: inout RecordBuffer) throws(RecordError) {
        var done = 0
        while done < range.count {
            let rest = range.lowerBound + done..<range.upperBound
            let position = off_t(clamping: offset &+ UInt64(done))
            // The pointer is valid for exactly `bytes.count` bytes, the length that pread is given.
            let count = unsafe buffer.withUnsafeMutableBytes(at: rest) { bytes in
                unsafe pread(descriptor, bytes.baseAddress, bytes.count, position)
            }
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .fileChanged(file: path, offset: offset &+ UInt64(done))
            } else if errno != EINTR {
                throw .system(operation: "read", path: path, code: errno)
            }
        }
    }

    private static func open(_ path: String) -> Int32 {
        while true {
            let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
            let descriptor: Int32
            // The path is a C string for the length of either call.
            if LinkRule.followsLinks {
                descriptor = unsafe Glibc.open(path, flags)
            } else {
                descriptor = unsafe clinux_open_without_links(path, flags)
                if descriptor < 0 { errno = -descriptor }
            }
            if descriptor >= 0 || errno != EINTR { return descriptor }
        }
    }

    private static func status(of descriptor: Int32) -> stat? {
        var status = stat()
        // `status` is ours and lives through the call.
        return unsafe fstat(descriptor, &status) == 0 ? status : nil
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

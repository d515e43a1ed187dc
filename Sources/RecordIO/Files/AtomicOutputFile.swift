import Glibc

/// A file that appears under its name only when it is complete.
///
/// Everything goes to a temporary name in the same directory; `commit` makes it durable and renames it. Without
/// `commit` nothing is left behind, and what had the name before is untouched.
///
/// Not Sendable: one writer owns it.
final class AtomicOutputFile {
    /// As much as makes the cost of a system call vanish.
    private static let bufferBytes = 1 << 20

    let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    /// Bytes written so far, buffered ones included.
    private(set) var byteCount: UInt64 = 0

    init(path: String) throws(RecordError) {
        self.path = path
        let (directory, name) = FileSystem.split(path)
        var attempt = 0
        while true {
            // A name of our own per process and attempt; O_EXCL leaves a foreign file of that name alone.
            let temporary = FileSystem.join(directory, ".\(name).\(getpid()).\(attempt).tmp")
            // The path is a C string for the length of the call.
            let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor >= 0 {
                self.descriptor = descriptor
                temporaryPath = temporary
                break
            }
            let code = errno
            guard code == EINTR || (code == EEXIST && attempt < 1000) else {
                throw .system(operation: "create", path: path, code: code)
            }
            attempt += 1
        }
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit { abort() }

    func write(_ bytes: Span<UInt8>) throws(RecordError) {
        // A UInt8 has no padding that could be read uninitialised.
        try write(unsafe bytes.bytes)
    }

    func write(_ bytes: RawSpan) throws(RecordError) {
        byteCount += UInt64(bytes.byteCount)
        if buffer.count + bytes.byteCount <= Self.bufferBytes {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        if bytes.byteCount < Self.bufferBytes {
            buffer.append(contentsOf: bytes)
        } else {
            try writeThrough(bytes)
        }
    }

    func write(_ text: String) throws(RecordError) {
        try write(Array(text.utf8).span)
    }

    /// Writes what is buffered and makes it durable.
    func synchronise() throws(RecordError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw .system(operation: "write", path: path, code: errno) }
    }

    /// Gives the file its name. Call `synchronise` first.
    func commit() throws(RecordError) {
        // The paths are C strings for the length of the call.
        guard unsafe rename(temporaryPath, path) == 0 else {
            throw .system(operation: "rename to", path: path, code: errno)
        }
        close(descriptor)
        descriptor = -1
        // The new name is durable only with its directory. Where a directory cannot be opened for that, the file is
        // there all the same.
        let (directory, _) = FileSystem.split(path)
        let directoryDescriptor = unsafe open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        if directoryDescriptor >= 0 {
            _ = fsync(directoryDescriptor)
            close(directoryDescriptor)
        }
    }

    /// Removes the temporary file, unless it was committed.
    func abort() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        // The path is a C string for the length of the call.
        _ = unsafe unlink(temporaryPath)
    }

    private func flush() throws(RecordError) {
        var full: [UInt8] = []
        swap(&full, &buffer)
        // A UInt8 has no padding that could be read uninitialised.
        try writeThrough(unsafe full.span.bytes)
        full.removeAll(keepingCapacity: true)
        swap(&full, &buffer)
    }

    private func writeThrough(_ bytes: RawSpan) throws(RecordError) {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(done..<bytes.byteCount)
            // The pointer is valid for `rest.count` bytes, the length that write is given.
            let count = unsafe rest.withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw .system(operation: "write", path: path, code: errno)
            }
        }
    }
}

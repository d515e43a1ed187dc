import CZlib
import DataTypes
import Glibc
import RecordIO

/// Opens data files that may be packed with gzip.
///
/// A packed file has no random access, and every stream needs that. It is therefore unpacked, once at open, to a
/// temporary file without a name: memory stays free, and the file is gone with the stream, whatever happens.
enum DataFile {
    /// Most bytes that one packed file may unpack to. A small file can unpack to a thousand times its size.
    static let maximumUnpackedBytes: UInt64 = 16 << 30

    /// - Throws: `.notFound`, `.badData`.
    static func open(_ path: String, context: IteratorContext) throws(StreamError) -> RecordFile {
        do throws(RecordError) {
            let file = try RecordFile(path: path)
            guard try isPacked(file) else { return file }
            return try unpack(file, folder: context.cacheDirectory ?? "/tmp")
        } catch {
            throw StreamError(record: error)
        }
    }

    /// The first two bytes tell; neither text nor an idx file begins so.
    private static func isPacked(_ file: RecordFile) throws(RecordError) -> Bool {
        guard file.byteCount >= 2 else { return false }
        var buffer = RecordBuffer()
        try file.readBytes(0..<2, into: &buffer)
        return starts(buffer)
    }

    private static func starts(_ buffer: borrowing RecordBuffer) -> Bool {
        let bytes = buffer.bytes
        // Two bytes were read.
        return unsafe bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 0x1F
            && bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self) == 0x8B
    }

    private static func unpack(_ file: RecordFile, folder: String) throws(RecordError) -> RecordFile {
        let target = try temporaryFile(in: folder)
        var consumed: UInt64 = 0
        var produced: UInt64 = 0
        // Both counters are ours and live through the call.
        let status = unsafe czlib_gunzip(file.descriptor, target, maximumUnpackedBytes, &consumed, &produced)
        let code = errno
        guard status == CZLIB_OK else {
            close(target)
            throw error(status, code, file: file, folder: folder, offset: consumed)
        }
        return try RecordFile(adopting: target, path: file.path)
    }

    private static func error(
        _ status: czlib_status, _ code: Int32, file: RecordFile, folder: String, offset: UInt64
    ) -> RecordError {
        switch status {
        case CZLIB_READ_FAILED: .system(operation: "read", path: file.path, code: code)
        case CZLIB_WRITE_FAILED: .system(operation: "unpack '\(file.path)' to a file in", path: folder, code: code)
        case CZLIB_NO_MEMORY: .system(operation: "unpack", path: file.path, code: ENOMEM)
        case CZLIB_TRUNCATED: .badPacking(file: file.path, offset: offset, reason: "the file ends too early")
        case CZLIB_TOO_LARGE:
            .badPacking(
                file: file.path, offset: offset,
                reason: "it unpacks to more than \(maximumUnpackedBytes) bytes; unpack it yourself")
        default: .badPacking(file: file.path, offset: offset, reason: "it is damaged")
        }
    }

    /// A file whose name is taken away at once, so that it cannot be left behind; open for reading and writing.
    static func temporaryFile(in folder: String) throws(RecordError) -> Int32 {
        // The daemon's state folder appears with its first use. Paths are C strings for the length of the calls.
        _ = unsafe mkdir(folder, 0o700)
        let path = folder + "/unpacked-\(getpid())-" + String(UInt64.random(in: .min ... .max), radix: 16)
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(operation: "unpack to a file in", path: folder, code: errno) }
        _ = unsafe unlink(path)
        return descriptor
    }
}

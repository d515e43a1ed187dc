import Foundation

/// Reads whole files, whatever a list may name.
enum PictureFile {
    /// - Throws: `.tooLarge` above `limit` bytes, `.notARegularFile` for folders, pipes and devices, `.unreadable`.
    static func read(_ path: String, limit: Int) throws(PictureFault) -> [UInt8] {
        // O_NONBLOCK: without it, opening a FIFO would wait for a writer that may never come.
        // The path is a C string for the length of the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .unreadable(code: errno) }
        defer { close(descriptor) }
        var status = stat()
        // `status` is ours and lives through the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile }
        let size = Int(clamping: status.st_size)
        guard size <= limit else { throw .tooLarge(byteCount: size) }
        var failure: Int32 = 0
        // Filled up to what was read; the file may have become shorter.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { room, filled in
            while filled < size {
                // Writes at most what is left of the room.
                let count = unsafe Foundation.read(descriptor, room.baseAddress! + filled, size - filled)
                if count == 0 { break }
                if count > 0 {
                    filled += count
                } else if errno != EINTR {
                    failure = errno
                    break
                }
            }
        }
        guard failure == 0 else { throw .unreadable(code: failure) }
        return bytes
    }
}

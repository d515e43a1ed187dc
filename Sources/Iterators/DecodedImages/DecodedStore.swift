import CLinux
package import DataTypes
import Glibc
import Synchronization

/// Decoded images on disk, for those that find no room in memory: one file without a name, gone with the daemon.
///
/// Space of images that are let go is given back to the file system and their places are never used again. Whatever fails
/// costs a decoding and nothing else: a read must give the very bytes that were written, and after a failed write no more
/// is written.
package final class DecodedStore: Sendable {
    /// Space for images.
    let budget: CacheBudget
    /// Memory for what is remembered of them.
    private let memory: CacheBudget
    private let descriptor: Int32
    private let end = Atomic<UInt64>(0)
    private let isFull = Atomic(false)

    /// Bytes of its images.
    package var usedBytes: Int { budget.usedBytes }
    package var limitBytes: Int { budget.limitBytes }

    /// - Parameter descriptor: a file of nobody else's, open for reading and writing; it is closed with the object.
    package init(adopting descriptor: Int32, budget: CacheBudget, memory: CacheBudget) {
        self.descriptor = descriptor
        self.budget = budget
        self.memory = memory
    }

    /// Makes the file in `directory`.
    ///
    /// - Throws: `errno` of what failed.
    package convenience init(
        directory: String, budget: CacheBudget, memory: CacheBudget
    ) throws(DecodedStoreError) {
        // Paths are C strings for the length of the calls.
        var descriptor = unsafe clinux_unnamed_file(directory)
        if descriptor == -EOPNOTSUPP || descriptor == -EISDIR {
            // A file system without unnamed files: the name goes at once.
            let path = "\(directory)/.headrace-cache-\(getpid())"
            descriptor = unsafe open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
            if descriptor < 0 { throw DecodedStoreError(code: errno) }
            _ = unsafe unlink(path)
        }
        guard descriptor >= 0 else { throw DecodedStoreError(code: -descriptor) }
        self.init(adopting: descriptor, budget: budget, memory: memory)
    }

    deinit { close(descriptor) }

    /// An image's place in the file, free again when the object goes.
    final class Block: Sendable {
        private let store: DecodedStore
        private let offset: off_t
        private let byteCount: Int
        /// Of the bytes that were written.
        private let fingerprint: Fingerprint
        private let memory: CacheBudget.Share

        fileprivate init(
            store: DecodedStore, offset: off_t, byteCount: Int, fingerprint: Fingerprint, memory: CacheBudget.Share
        ) {
            self.memory = memory
            self.store = store
            self.offset = offset
            self.byteCount = byteCount
            self.fingerprint = fingerprint
        }

        deinit { store.free(offset, byteCount) }

        /// Asks the system to have the bytes ready.
        func readAhead() {
            _ = posix_fadvise(store.descriptor, offset, off_t(byteCount), Int32(POSIX_FADV_WILLNEED))
        }

        /// Fills `pixels`, which have the image's size.
        ///
        /// - Returns: false when the bytes are not those that were written.
        func read(into pixels: inout PixelBuffer) -> Bool {
            guard pixels.byteCount == byteCount else { return false }
            return unsafe pixels.withUnsafeMutableBytes { bytes in
                var done = 0
                while done < byteCount {
                    // `done` is below the count of both.
                    let count = unsafe pread(
                        store.descriptor, bytes.baseAddress.unsafelyUnwrapped + done, byteCount - done,
                        offset + off_t(done))
                    if count > 0 { done += count } else if count == 0 || errno != EINTR { return false }
                }
                // A write can fail after it was reported done, and what is read then is anything.
                return unsafe Self.fingerprint(UnsafeRawBufferPointer(bytes)) == fingerprint
            }
        }

        @unsafe
        fileprivate static func fingerprint(_ bytes: UnsafeRawBufferPointer) -> Fingerprint {
            var result = Fingerprint()
            unsafe result.combine(bytes: bytes)
            return result
        }
    }

    /// Writes an image.
    ///
    /// - Parameter memoryBytes: what remembering the image takes.
    /// - Returns: nil when there is no space or memory, or the device fails.
    func write(_ pixels: borrowing PixelBuffer, memoryBytes: Int) -> Block? {
        let byteCount = pixels.byteCount
        guard byteCount > 0, !isFull.load(ordering: .relaxed), let memory = memory.take(memoryBytes) else { return nil }
        // Blocks of the file system are freed whole, so that is how places are cut.
        let room = UInt64(byteCount + Self.blockBytes - 1) / UInt64(Self.blockBytes) * UInt64(Self.blockBytes)
        let offset = off_t(clamping: end.add(room, ordering: .relaxed).oldValue)
        let fingerprint: Fingerprint? = unsafe pixels.withUnsafeBytes { bytes in
            var done = 0
            while done < byteCount {
                // `done` is below the count of bytes.
                let count = unsafe pwrite(
                    descriptor, bytes.baseAddress.unsafelyUnwrapped + done, byteCount - done, offset + off_t(done))
                if count > 0 { done += count } else if count == 0 || errno != EINTR { return nil }
            }
            return unsafe Block.fingerprint(bytes)
        }
        guard let fingerprint else {
            isFull.store(true, ordering: .relaxed)
            free(offset, byteCount)
            return nil
        }
        return Block(store: self, offset: offset, byteCount: byteCount, fingerprint: fingerprint, memory: memory)
    }

    private static let blockBytes = 4096

    /// Gives space back to the file system. One that cannot do that has it when the daemon ends.
    private func free(_ offset: off_t, _ byteCount: Int) {
        _ = clinux_punch_hole(descriptor, Int64(offset), Int64(byteCount))
    }
}

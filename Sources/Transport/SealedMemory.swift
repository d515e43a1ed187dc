internal import Glibc

/// Memory files of other processes, mapped for reading.
///
/// A mapping of somebody else's file is only safe when that somebody cannot change it any more: truncated, it would kill
/// this process with SIGBUS; written to, a batch would have other bytes than its address says. The seals see to both. A
/// hole would be filled at the first look at it, which may fail and is then SIGBUS too: there should be none, and every page
/// is looked at here, where failing is an error. (Blocks may lie behind the file's end, so that their number proves nothing.)
package enum SealedMemory {
    private static let getSeals: CInt = 1034
    private static let populateRead: CInt = 22
    /// Fewer bytes are copied: a process may have some ten thousand mappings, and a small array would take one.
    static let smallestMapping = 1 << 20
    static let seals: [(name: String, bit: CInt)] = [
        ("F_SEAL_SHRINK", 2), ("F_SEAL_GROW", 4), ("F_SEAL_WRITE", 8),
    ]

    /// The first `byteCount` bytes of a sealed memory file, mapped, or copied when they are few. `unmap` lets go of them; the
    /// descriptor may be closed before.
    package static func map(
        _ descriptor: CInt, byteCount: Int
    ) throws(DescriptorError) -> UnsafeRawBufferPointer {
        // First, because anything else than memory answers no and is not asked further: another file's owner could let
        // even the question for its size wait.
        let found = fcntl(descriptor, getSeals)
        guard found >= 0 else { throw .notMemory }
        let missing = seals.filter { found & $0.bit == 0 }.map(\.name)
        guard missing.isEmpty else { throw .notSealed(missing: missing) }
        var status = stat()
        // `status` is ours and lives through the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(operation: "look at it", code: errno) }
        guard status.st_size >= byteCount else { throw .tooShort(byteCount: Int(status.st_size), needed: byteCount) }
        guard Int(status.st_blocks) * 512 >= byteCount else {
            throw .hasHoles(allocatedBytes: Int(status.st_blocks) * 512, needed: byteCount)
        }
        guard byteCount > 0 else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        guard byteCount >= smallestMapping else { return unsafe try copy(descriptor, byteCount: byteCount) }
        // A fresh mapping of the kernel's choice overlaps nothing.
        let memory = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
        guard unsafe memory != MAP_FAILED else { throw .system(operation: "map it", code: errno) }
        let bytes = unsafe UnsafeRawBufferPointer(start: memory, count: byteCount)
        // The mapping made above. A system older than Linux 5.14 does not know how, and says EINVAL.
        guard unsafe madvise(memory, byteCount, populateRead) == 0 || errno == EINVAL else {
            let code = errno
            unsafe unmap(bytes)
            throw .system(operation: "read all of it", code: code)
        }
        return unsafe bytes
    }

    private static func copy(
        _ descriptor: CInt, byteCount: Int
    ) throws(DescriptorError) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        var count = 0
        while count < byteCount {
            // The rest of the memory just allocated.
            let read = unsafe pread(descriptor, memory.baseAddress! + count, byteCount - count, off_t(count))
            if read > 0 {
                count += read
            } else if read == 0 || errno != EINTR {
                let code = read == 0 ? EIO : errno
                unsafe memory.deallocate()
                throw .system(operation: "read it", code: code)
            }
        }
        return UnsafeRawBufferPointer(memory)
    }

    package static func unmap(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        guard bytes.count >= smallestMapping else {
            // `copy` allocated it, and nobody looks at it any more.
            unsafe bytes.deallocate()
            return
        }
        // `map` returned exactly this range, and nobody looks at it any more.
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
}

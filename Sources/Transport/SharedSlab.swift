internal import CLinux
internal import Glibc

/// The memory file behind a slab that other processes may map: the owner of that slab.
///
/// Its seals say that nobody changes its size any more, and that nobody but this process, which mapped it before, ever writes
/// to it. A client that maps it can neither be cut short nor do harm.
package final class SharedSlab: Sendable {
    /// Unique among the slabs of one allocator; counts from 0.
    package let number: Int
    /// Open for as long as the slab lives.
    package let descriptor: CInt

    private static let addSeals: CInt = 1033
    /// F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_FUTURE_WRITE.
    private static let seals: CInt = 0x1 | 0x2 | 0x4 | 0x10

    private init(number: Int, descriptor: CInt) {
        self.number = number
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// A new file of zeroes, mapped for writing. Whoever takes the mapping unmaps it.
    ///
    /// - Throws: `.system`; also where the system does not know the seal against writing (before Linux 5.1).
    static func make(
        number: Int, byteCount: Int
    ) throws(DescriptorError) -> (slab: SharedSlab, bytes: UnsafeMutableRawBufferPointer) {
        // The name is a literal, which lives for ever.
        let descriptor = unsafe clinux_memory_file("headrace-slab")
        guard descriptor >= 0 else { throw .system(operation: "make a memory file", code: -descriptor) }
        // Closes it from here on, whatever happens.
        let slab = SharedSlab(number: number, descriptor: descriptor)
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
            throw .system(operation: "give a memory file \(byteCount) bytes", code: errno)
        }
        // A fresh mapping of the kernel's choice overlaps nothing.
        let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
            throw .system(operation: "map a memory file", code: errno)
        }
        guard fcntl(descriptor, addSeals, seals) == 0 else {
            let code = errno
            // Mapped above, and not handed out.
            unsafe munmap(memory, byteCount)
            throw .system(operation: "seal a memory file", code: code)
        }
        // A wish: systems that allow it back the file with huge pages.
        unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
        return (slab, unsafe UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
    }
}

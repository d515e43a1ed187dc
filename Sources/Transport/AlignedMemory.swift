internal import Glibc
@_spi(CustomByteBufferAllocator) package import NIOCore

/// `ByteBuffer` memory that starts at a multiple of 64, as vector loads and tensor libraries want it.
package enum AlignedMemory {
    package static let alignment = 64

    package static let allocator = unsafe ByteBufferAllocator(
        allocate: { unsafe AlignedMemory.allocate($0) },
        reallocate: { old, oldByteCount, newByteCount in
            guard let new = unsafe AlignedMemory.allocate(newByteCount) else { return nil }
            if let old = unsafe old {
                // Both hold at least the smaller count, and a fresh allocation overlaps nothing.
                unsafe new.copyMemory(from: old, byteCount: min(oldByteCount, newByteCount))
                unsafe free(old)
            }
            return unsafe new
        },
        deallocate: { unsafe free($0) },
        copy: { target, source, byteCount in unsafe target.copyMemory(from: source, byteCount: byteCount) })

    /// Uninitialised memory, to be given to `free`; nil when there is none left.
    static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        var memory: UnsafeMutableRawPointer?
        let isLarge = byteCount >= 4 << 20
        guard unsafe posix_memalign(&memory, isLarge ? 2 << 20 : alignment, max(byteCount, alignment)) == 0 else { return nil }
        if isLarge { unsafe madvise(memory, byteCount, 14) }
        return unsafe memory
    }
}

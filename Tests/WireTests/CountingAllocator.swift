import Glibc
@_spi(CustomByteBufferAllocator) import NIOCore
import Synchronization

/// An allocator that remembers the largest request.
enum CountingAllocator {
    private static let seen = Atomic(0)

    static var largest: Int { seen.load(ordering: .relaxed) }

    static func reset() { seen.store(0, ordering: .relaxed) }

    // The C library's own functions, with a count in front.
    static let allocator = unsafe ByteBufferAllocator(
        allocate: {
            CountingAllocator.note($0)
            return unsafe malloc($0)
        },
        reallocate: { old, _, byteCount in
            CountingAllocator.note(byteCount)
            return unsafe realloc(old, byteCount)
        },
        deallocate: { unsafe free($0) },
        copy: { target, source, byteCount in unsafe target.copyMemory(from: source, byteCount: byteCount) })

    private static func note(_ byteCount: Int) {
        seen.max(byteCount, ordering: .relaxed)
    }
}

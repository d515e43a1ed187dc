package import DataTypes
internal import Glibc
package import NIOCore
internal import Synchronization

/// Slabs in memory files, which a client on the same machine maps instead of receiving their bytes. One allocator for each
/// connection, because it numbers them.
package final class SharedSlabAllocator: SlabAllocator {
    private let plain = ByteBufferSlabAllocator()
    private let made = Atomic<Int>(0)

    package init() {}

    /// A slab in a memory file, or, when the system has none to spare, one whose bytes have to be sent.
    package func allocate(byteCount: Int) -> Slab {
        let number = made.wrappingAdd(1, ordering: .relaxed).oldValue
        guard byteCount > 0, let (slab, bytes) = unsafe try? SharedSlab.make(number: number, byteCount: byteCount)
        else {
            return plain.allocate(byteCount: byteCount)
        }
        // The mapping was made for this slab, which is its only user here.
        return unsafe Slab(bytes: bytes, owner: slab) { unsafe munmap($0.baseAddress!, $0.count) }
    }

    /// The memory file of a slab, unless it has none.
    package func file(of slab: Slab) -> SharedSlab? { slab.owner as? SharedSlab }

    /// The first `byteCount` bytes of `slab`: shared where its memory allows it, copied from a memory file.
    package func buffer(for slab: Slab, byteCount: Int) -> ByteBuffer? {
        guard slab.owner is SharedSlab else { return plain.buffer(for: slab, byteCount: byteCount) }
        guard unsafe byteCount <= slab.bytes.count, byteCount <= ByteBufferSlabAllocator.maxSlabBytes else {
            return nil
        }
        var copy = AlignedMemory.allocator.buffer(capacity: byteCount)
        // The batch is finished: nobody writes to its slab while the caller holds it.
        unsafe copy.writeBytes(UnsafeRawBufferPointer(rebasing: slab.bytes[..<byteCount]))
        return copy
    }
}

package import DataTypes
internal import Glibc
@_spi(CustomByteBufferAllocator) package import NIOCore

/// Slabs whose memory is a `ByteBuffer`'s storage, so that a finished batch is written to a socket without a copy.
///
/// The rule that keeps this sound: the buffer of `buffer(for:byteCount:)` is only read, and only while a `DataBatch`
/// on the slab lives. A holder keeps the batch until its write promise has been answered; the pool refills the slab
/// only after the last batch on it is gone. Nobody writes into the buffer, so no copy-on-write ever happens.
package struct ByteBufferSlabAllocator: SlabAllocator {
    /// A `ByteBuffer` counts its bytes in 32 bits. Larger slabs are plain memory, which `buffer(for:byteCount:)` does
    /// not serve; the session refuses such streams, whose batches exceed every client's `max_frame`.
    package static let maxSlabBytes = Int(UInt32.max)

    /// Keeps the buffer, and with it the memory, for as long as the slab.
    private final class Owner: Sendable {
        let buffer: ByteBuffer

        init(_ buffer: ByteBuffer) { self.buffer = buffer }
    }

    package init() {}

    package func allocate(byteCount: Int) -> Slab {
        guard byteCount > 0, byteCount <= Self.maxSlabBytes else {
            return HeapSlabAllocator().allocate(byteCount: byteCount)
        }
        guard let memory = unsafe AlignedMemory.allocate(byteCount) else {
            preconditionFailure("no memory for a batch of \(byteCount) bytes; the memory limit is set too high")
        }
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
        // The buffer becomes the owner of the memory, and the slab, which alone writes to it, keeps the buffer.
        let buffer = unsafe ByteBuffer(takingOwnershipOf: bytes, allocator: AlignedMemory.allocator)
        return unsafe Slab(bytes: bytes, owner: Owner(buffer)) { _ in }
    }

    /// The first `byteCount` bytes of `slab`, sharing its memory.
    ///
    /// - Returns: nil when another allocator made the slab.
    package func buffer(for slab: Slab, byteCount: Int) -> ByteBuffer? {
        (slab.owner as? Owner)?.buffer.getSlice(at: 0, length: byteCount)
    }
}

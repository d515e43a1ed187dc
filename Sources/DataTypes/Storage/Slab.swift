/// The memory of one batch: allocated once, reused for every batch of its stream.
///
/// Decode workers write disjoint slots of it at the same time, so it is shared and mutable. What keeps that sound: a
/// slab is filled only while its batch is in execution, each slot by one worker; the counter that marks the last slot
/// as done orders all writes before the first read; and it is filled again only after every `DataBatch` on it is gone.
@safe
package final class Slab: @unchecked Sendable {
    /// The whole memory, 64-byte aligned, zero when new.
    package let bytes: UnsafeMutableRawBufferPointer
    /// What keeps the memory alive, such as the transport's buffer that wraps it; the allocator that made the slab
    /// knows its type.
    package let owner: AnyObject?
    private let deallocate: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    package init(
        bytes: UnsafeMutableRawBufferPointer, owner: AnyObject?,
        deallocate: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) {
        unsafe self.bytes = unsafe bytes
        self.owner = owner
        unsafe self.deallocate = unsafe deallocate
    }

    deinit { unsafe deallocate(bytes) }
}

/// Where slabs come from: plain memory in process, the transport's buffers in the server.
package protocol SlabAllocator: Sendable {
    /// A zeroed slab of `byteCount` bytes, 64-byte aligned.
    func allocate(byteCount: Int) -> Slab
}

/// Slabs of plain memory.
package struct HeapSlabAllocator: SlabAllocator {
    package init() {}

    package func allocate(byteCount: Int) -> Slab {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return unsafe Slab(bytes: bytes, owner: nil) { unsafe $0.deallocate() }
    }
}

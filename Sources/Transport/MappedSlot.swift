internal import Glibc
@_spi(CustomByteBufferAllocator) package import NIOCore

/// A server's slot, mapped for reading. Unmapped with its last reference.
@safe
package final class MappedSlot: @unchecked Sendable {
    // Fixed after init, and only read: nothing that another thread could disturb.
    /// The whole file. Its contents are the server's to change when no batch lies in it.
    private let bytes: UnsafeMutableRawBufferPointer

    private static let getSeals: CInt = 1034
    /// F_SEAL_SHRINK and F_SEAL_GROW: a file that is cut short kills whoever looks behind its end.
    private static let fixedSize: CInt = 0x2 | 0x4
    /// F_SEAL_WRITE, F_SEAL_FUTURE_WRITE: one of them.
    private static let readOnly: CInt = 0x8 | 0x10
    /// The mapping is not the buffer's to free.
    private static let borrowing = unsafe ByteBufferAllocator(
        allocate: { unsafe malloc($0) }, reallocate: { _, _, _ in preconditionFailure("a slot has a fixed size") },
        deallocate: { _ in },
        copy: { target, source, byteCount in unsafe target.copyMemory(from: source, byteCount: byteCount) })

    /// - Parameter descriptor: of the file; may be closed afterwards.
    /// - Throws: when it is not sealed as slots are, or cannot be mapped.
    package init(_ descriptor: CInt) throws(DescriptorError) {
        let found = fcntl(descriptor, Self.getSeals)
        guard found >= 0 else { throw .notMemory }
        guard found & Self.fixedSize == Self.fixedSize else {
            throw .notSealed(missing: ["F_SEAL_SHRINK", "F_SEAL_GROW"])
        }
        guard found & Self.readOnly != 0 else { throw .notSealed(missing: ["F_SEAL_FUTURE_WRITE"]) }
        var status = stat()
        // `status` is ours and lives through the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(operation: "look at a slot", code: errno) }
        let byteCount = Int(status.st_size)
        guard byteCount > 0 else { throw .tooShort(byteCount: 0, needed: 1) }
        // A fresh mapping of the kernel's choice overlaps nothing.
        let memory = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
        guard unsafe memory != MAP_FAILED else { throw .system(operation: "map a slot", code: errno) }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    }

    deinit { unsafe munmap(bytes.baseAddress!, bytes.count) }

    /// The slot's first bytes, to be read only, and only while the caller keeps the slot.
    ///
    /// - Returns: nil when it has fewer.
    package func buffer(byteCount: Int) -> ByteBuffer? {
        guard byteCount > 0, unsafe byteCount <= bytes.count, byteCount <= ByteBufferSlabAllocator.maxSlabBytes else {
            return nil
        }
        // Whoever holds the buffer holds the slot too, and nobody writes into it, so that it is never copied or moved.
        return unsafe ByteBuffer(
            takingOwnershipOf: UnsafeMutableRawBufferPointer(rebasing: bytes[..<byteCount]), allocator: Self.borrowing)
    }
}

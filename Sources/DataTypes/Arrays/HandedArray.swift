import Synchronization

/// An array that a client handed over: memory that nothing changes any more, shared by the session and the streams that
/// read it, and given back with the last of them.
@safe
package final class HandedArray: @unchecked Sendable {
    // Immutable but for the fingerprint, which has a lock.
    package let name: String
    package let shape: ArrayShape
    /// `shape.byteCount` bytes in C order, little-endian.
    package let bytes: UnsafeRawBufferPointer
    /// What the memory counts as; it is let go behind the memory itself.
    private let reservation: MemoryReservation?
    private let deallocate: @Sendable (UnsafeRawBufferPointer) -> Void
    private let known = Mutex<Fingerprint?>(nil)

    /// - Parameters:
    ///   - bytes: at an address that is a multiple of 8. Nobody writes to it from now on.
    ///   - deallocate: called once, with `bytes`.
    package init(
        name: String, shape: ArrayShape, bytes: UnsafeRawBufferPointer, reservation: MemoryReservation? = nil,
        deallocate: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) {
        precondition(bytes.count == shape.byteCount)
        self.name = name
        self.shape = shape
        unsafe self.bytes = unsafe bytes
        self.reservation = reservation
        unsafe self.deallocate = unsafe deallocate
    }

    deinit { unsafe deallocate(bytes) }

    /// A copy of `bytes` in memory of its own, for streams in the same process.
    ///
    /// - Precondition: there are as many as the shape takes.
    package convenience init(name: String, shape: ArrayShape, copying bytes: [UInt8]) {
        precondition(bytes.count == shape.byteCount)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        unsafe memory.copyBytes(from: bytes)
        let filled = unsafe UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])
        unsafe self.init(name: name, shape: shape, bytes: filled) { unsafe $0.deallocate() }
    }

    /// Lends the elements' bytes.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The memory is the array's, and nobody writes to it.
        try unsafe body(Span<UInt8>(_unsafeBytes: bytes))
    }

    /// Of shape and contents: a pass over the memory, made once. Blocks for about half a second a gigabyte.
    package var fingerprint: Fingerprint {
        known.withLock { known in
            if let known { return known }
            var result = Fingerprint()
            result.combine(shape.elementType.rawValue)
            result.combine(UInt64(shape.extents.count))
            for extent in shape.extents { result.combine(UInt64(extent)) }
            // The memory is the array's, and nobody writes to it.
            unsafe result.combine(bytes: bytes)
            known = result
            return result
        }
    }
}

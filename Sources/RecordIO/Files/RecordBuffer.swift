/// A reusable buffer for one record, or for a window of a file.
///
/// A record is read as it lies in the file and assembled in place, so that its payload begins eight bytes in:
///
///     | header (8) | payload ............ | unused |
///     ^ 64-aligned ^ 8-aligned
///
/// One reader owns a buffer and reuses it; growing it is the only allocation. It may be moved to another thread, never
/// shared.
@safe
package struct RecordBuffer: ~Copyable, @unchecked Sendable {
    // @unchecked: no lock is needed. The struct cannot be copied and nothing else holds the pointer, so that only the
    // buffer's owner reaches the bytes.
    private var base: UnsafeMutableRawBufferPointer
    private var payload = 0..<0

    /// An empty buffer; memory comes with the first record.
    package init() {
        // An empty allocation holds the invariant that `base` can always be deallocated.
        unsafe base = .allocate(byteCount: 0, alignment: 64)
    }

    deinit { unsafe base.deallocate() }

    /// Bytes of the record that was read last.
    package var byteCount: Int { payload.count }

    /// The record that was read last.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { loaded(payload) }
    }

    /// The same memory for a C decoder, valid only inside `body`.
    package borrowing func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeRawBufferPointer(rebasing: base[payload]))
    }

    /// Any bytes of the buffer, also outside the payload. Bytes never read into are zero.
    @_lifetime(borrow self)
    borrowing func loaded(_ range: Range<Int>) -> RawSpan {
        check(range)
        // The range lies within the allocation, and the span cannot outlive the borrow of self.
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: base[range]))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Room for at least `count` bytes; what is there is kept.
    mutating func reserve(_ count: Int) {
        let old = unsafe base.count
        guard count > old else { return }
        // A quarter more than asked, so that a run of slowly growing records does not allocate every time. The bytes
        // start as zero: a short read can then never show what the memory held before.
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count + count / 4, alignment: 64)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(base))
        unsafe UnsafeMutableRawBufferPointer(rebasing: larger[old...]).initializeMemory(as: UInt8.self, repeating: 0)
        unsafe base.deallocate()
        unsafe base = larger
    }

    /// Marks the record within the buffer.
    mutating func setPayload(_ range: Range<Int>) {
        check(range)
        payload = range
    }

    /// Moves `count` bytes from `source` to `destination`; they may overlap.
    mutating func move(from source: Int, to destination: Int, count: Int) {
        check(source..<source + count)
        check(destination..<destination + count)
        // Both ranges lie within the allocation; copyMemory allows overlap.
        unsafe UnsafeMutableRawBufferPointer(rebasing: base[destination..<destination + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: base[source..<source + count]))
    }

    /// Writes `value`, little-endian, at `position`, which need not be aligned.
    mutating func store(_ value: UInt32, at position: Int) {
        check(position..<position + 4)
        unsafe base.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt32.self)
    }

    /// The memory at `range` for a read from a file, valid only inside `body`.
    mutating func withUnsafeMutableBytes<R, E: Error>(
        at range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        check(range)
        return try unsafe body(UnsafeMutableRawBufferPointer(rebasing: base[range]))
    }

    /// Slices of raw pointers check their bounds in debug builds only.
    @inline(__always)
    private borrowing func check(_ range: Range<Int>) {
        precondition(unsafe range.lowerBound >= 0 && range.upperBound <= base.count)
    }
}

extension RawSpan {
    /// The little-endian number at `offset`, which need not be aligned. Traps outside the span.
    @inline(__always)
    func uint32(at offset: Int) -> UInt32 {
        // The load checks its bounds, and every bit pattern is a UInt32.
        UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The little-endian number at `offset`, which need not be aligned. Traps outside the span.
    @inline(__always)
    func uint64(at offset: Int) -> UInt64 {
        // The load checks its bounds, and every bit pattern is a UInt64.
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The byte at `offset`. Traps outside the span.
    @inline(__always)
    func uint8(at offset: Int) -> UInt8 {
        // The load checks its bounds, and every bit pattern is a UInt8.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}

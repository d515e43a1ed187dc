extension [UInt8] {
    /// Appends the bytes of `value`, lowest first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Appends a copy of `span`.
    mutating func append(contentsOf span: RawSpan) {
        // The pointer is used only within the call. Any memory may be read as UInt8, and a typed buffer is copied whole
        // where a raw one would be gone through byte by byte.
        unsafe span.withUnsafeBytes { bytes in unsafe append(contentsOf: bytes.assumingMemoryBound(to: UInt8.self)) }
    }
}

/// Checked reads. `nil` means that the bytes end before the value does; no offset, however wild, traps.
extension RawSpan {
    func byte(at offset: Int) -> UInt8? {
        guard offset >= 0 && offset < byteCount else { return nil }
        // Any byte is a UInt8, and the offset was checked.
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    func uint16(at offset: Int, bigEndian: Bool) -> UInt16? {
        guard offset >= 0 && offset <= byteCount - 2 else { return nil }
        // Any two bytes are a UInt16, and the offset was checked.
        let value = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return bigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value)
    }

    func uint32(at offset: Int, bigEndian: Bool) -> UInt32? {
        guard offset >= 0 && offset <= byteCount - 4 else { return nil }
        // Any four bytes are a UInt32, and the offset was checked.
        let value = unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return bigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
    }

    func starts(with pattern: [UInt8], at offset: Int = 0) -> Bool {
        for (index, expected) in pattern.enumerated() where byte(at: offset + index) != expected { return false }
        return true
    }
}

/// The next bits of a scan (ITU T.81, F.2.2.5). All its arithmetic is without branches and without checks: it runs for
/// every coefficient.
///
/// A value of it lies in registers while an MCU is decoded.
@safe
struct BitReservoir: BitwiseCopyable {
    /// `count` of them at the top are those in front of `next`; below them are some that will come again.
    private(set) var bits: UInt64
    private(set) var count: UInt32
    /// Memory goes on for 8 bytes wherever this gets to: see `ScanBytes`.
    private(set) var next: UnsafePointer<UInt8>

    @unsafe
    @inline(__always)
    init(bits: UInt64 = 0, count: UInt32 = 0, next: UnsafePointer<UInt8>) {
        self.bits = bits
        self.count = count
        unsafe self.next = next
    }

    /// At least 56 bits afterwards.
    @inline(__always)
    mutating func refill() {
        // `next` says why 8 bytes can be read.
        let word = unsafe UInt64(bigEndian: UnsafeRawPointer(next).loadUnaligned(as: UInt64.self))
        bits |= word &>> UInt64(count)
        unsafe next += Int((63 &- count) &>> 3)
        count |= 56
    }

    @inline(__always)
    mutating func drop(_ bitCount: UInt32) {
        bits &<<= UInt64(bitCount)
        count &-= bitCount
    }

    /// The place in a table that is looked up by so many bits; smaller than its count.
    @inline(__always)
    func prefix(_ bitCount: UInt32) -> Int { Int(truncatingIfNeeded: bits &>> UInt64(64 &- bitCount)) }

    /// The value behind `start` bits, its sign extended (ITU T.81, F.2.2.1).
    ///
    /// - Parameter shift: 63 less the bits of the value.
    @inline(__always)
    func value(at start: UInt32, shift: UInt32) -> Int16 {
        let tail = bits &<< UInt64(start)
        // All ones when the first bit is 0: the value is negative, and written as its complement.
        let negative = ~UInt64(bitPattern: Int64(bitPattern: tail) &>> 63)
        let magnitude = ((tail ^ negative) &>> 1) &>> UInt64(shift)
        return Int16(truncatingIfNeeded: (magnitude ^ negative) &- negative)
    }

    @inline(__always)
    func value(of symbol: Symbol) -> Int16 { value(at: symbol.codeBits, shift: symbol.valueShift) }
}

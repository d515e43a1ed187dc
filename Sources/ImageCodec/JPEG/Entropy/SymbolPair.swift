/// The next symbol of a block, and the one behind it when its code is within the bits looked up too.
struct SymbolPair: BitwiseCopyable {
    /// Of both symbols.
    private(set) var bits: UInt8
    let firstBits: UInt8
    let firstCodeBits: UInt8
    let firstShift: UInt8
    /// 0: the code is longer, or there is none.
    let firstAdvance: UInt8
    /// Bits in front of the second's value.
    private(set) var secondStart: UInt8
    private(set) var secondShift: UInt8 = 63
    /// 0: no second symbol; its value is then 0.
    private(set) var secondAdvance: UInt8 = 0

    init(_ first: Symbol) {
        bits = UInt8(first.bits)
        firstBits = bits
        firstCodeBits = UInt8(first.codeBits)
        firstShift = first == .none ? 63 : UInt8(first.valueShift)
        firstAdvance = UInt8(first.advance)
        secondStart = bits
    }

    mutating func append(_ second: Symbol) {
        bits += UInt8(second.bits)
        secondStart += UInt8(second.codeBits)
        secondShift = UInt8(second.valueShift)
        secondAdvance = UInt8(second.advance)
    }
}

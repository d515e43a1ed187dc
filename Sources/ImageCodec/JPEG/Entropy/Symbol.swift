/// A Huffman code and the value behind it (ITU T.81, F.1.2): four bytes in one word, so that one load has them all.
struct Symbol: Equatable, BitwiseCopyable {
    /// What follows an end of block lies behind the block.
    static let endOfBlockAdvance: UInt32 = 64

    /// There is no such code, or it is too long for the place that it is looked up in.
    static let none = Symbol(word: 0)

    private let word: UInt32

    private init(word: UInt32) { self.word = word }

    /// - Parameters:
    ///   - codeBits: 1...16.
    ///   - value: what the code stands for: the number of value bits below, of an AC code the run of zeros above.
    init(codeBits: UInt32, value: UInt8, isAC: Bool) {
        let size = UInt32(value & 15)
        var advance = isAC ? UInt32(value >> 4) + 1 : 0
        // Without a value only a run of 16 zeros goes on.
        if isAC && size == 0 && value != 0xF0 { advance = Self.endOfBlockAdvance }
        word = (codeBits + size) | codeBits << 8 | (63 - size) << 16 | advance << 24
    }

    /// `.none` when the code is longer than so many bits, which are all that is known of those it was looked up by.
    func within(_ bitCount: UInt32) -> Symbol { codeBits <= bitCount ? self : .none }

    /// Of the code and of the value, 1...31.
    var bits: UInt32 { word & 0xFF }
    var codeBits: UInt32 { word &>> 8 & 0xFF }
    /// 63 less the bits of the value.
    var valueShift: UInt32 { word &>> 16 & 0xFF }
    /// How far behind the last coefficient this one lies.
    var advance: UInt32 { word &>> 24 }
}

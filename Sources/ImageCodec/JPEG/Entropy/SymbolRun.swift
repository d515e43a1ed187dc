/// As many symbols of a block as begin within the bits looked up, without their values.
struct SymbolRun: BitwiseCopyable {
    /// 0: the code is longer, or there is none.
    private(set) var bits: UInt8 = 0
    /// Less than 128.
    private(set) var advance: UInt8 = 0
    /// Of all symbols but the last.
    private(set) var advanceBeforeLast: UInt8 = 0

    /// - Precondition: the symbols before do not reach the end of the block.
    mutating func append(_ symbol: Symbol) {
        advanceBeforeLast = advance
        advance += UInt8(symbol.advance)
        bits += UInt8(symbol.bits)
    }
}

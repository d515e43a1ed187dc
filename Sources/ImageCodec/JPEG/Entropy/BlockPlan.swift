/// What a block of an MCU is decoded with.
@safe
struct BlockPlan: BitwiseCopyable {
    // Both point into the tables of the reader whose plan this is.
    let dc: UnsafeMutablePointer<HuffmanTable>
    let ac: UnsafeMutablePointer<HuffmanTable>
    /// Its place in the scan, 0...3.
    let component: UInt8
    /// Whether somebody wants its coefficients.
    let isNeeded: Bool

    /// Where the coefficient of each place of the zig-zag sequence lies in a block (ITU T.81, figure A.6).
    ///
    /// Places behind the block lead to its last, as in the library: there an end of block writes a zero that has no
    /// effect, and a run that is too long does what it does there.
    static let order: [128 of UInt8] = [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
        13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45,
        38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
        63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
        63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    ]
}

/// The columns that a linear resize makes of each row: where their two pixels lie and with which weights.
///
/// In the order of the sample, so from right to left when it is mirrored.
struct LinearColumns {
    private(set) var count = 0
    private(set) var channels = 0
    /// Bytes from the start of a row in memory to the left pixel of each column. The right one follows it; where the left
    /// is the image's last, the right counts nothing and may lie behind the row.
    private(set) var offsets: [Int32] = []
    /// Two weights a column, scaled by 2048.
    private(set) var weights: [Int16] = []

    /// `count` rounded up, so that kernels work in whole registers. The columns too many are copies of the last.
    var paddedCount: Int { Self.padded(count) }

    static func padded(_ count: Int) -> Int { (count + 15) & ~15 }

    /// - Parameters:
    ///   - table: of two taps, horizontal: its positions are inside the image.
    ///   - range: the wanted columns of the result.
    ///   - bias: bytes from the start of a row in memory to the image's column 0.
    mutating func fill(from table: AxisTable, range: Range<Int>, channels: Int, bias: Int, isMirrored: Bool) {
        precondition(table.tapCount == 2 && table.key.isHorizontal)
        count = range.count
        self.channels = channels
        ResampleRows.grow(&offsets, to: paddedCount)
        ResampleRows.grow(&weights, to: 2 * paddedCount)
        for x in 0..<paddedCount {
            let place = min(x, count - 1)
            let column = isMirrored ? range.upperBound - 1 - place : range.lowerBound + place
            offsets[x] = Int32(Int(table.starts[column]) * channels - bias)
            weights[2 * x] = table.weights[2 * column]
            weights[2 * x + 1] = table.weights[2 * column + 1]
        }
    }

    /// Its arrays as kernels read them, valid only inside a call of `withMemory`.
    @unsafe
    struct Memory {
        let count: Int
        let paddedCount: Int
        let channels: Int
        /// `paddedCount` elements.
        let offsets: UnsafePointer<Int32>
        /// `2·paddedCount` elements.
        let weights: UnsafePointer<Int16>
    }

    @unsafe
    func withMemory(_ body: (Memory) -> Void) {
        unsafe offsets.withUnsafeBufferPointer { offsets in
            unsafe weights.withUnsafeBufferPointer { weights in
                precondition(count > 0 && offsets.count >= paddedCount && weights.count >= 2 * paddedCount)
                // Not empty, as just checked.
                unsafe body(
                    Memory(
                        count: count, paddedCount: paddedCount, channels: channels,
                        offsets: offsets.baseAddress.unsafelyUnwrapped, weights: weights.baseAddress.unsafelyUnwrapped))
            }
        }
    }
}

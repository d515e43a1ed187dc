internal import DataTypes

/// The area kernel when each target pixel is a block of whole source pixels.
enum BlockKernel {
    /// - Parameter reciprocal: 1 / (number of pixels in a block).
    static func run(
        _ view: SourceView, blockWidth: Int, blockHeight: Int, reciprocal: Float, rect: PixelRect,
        rows: inout ResampleRows, into destination: inout PixelBuffer
    ) {
        view.require(
            PixelRect(
                x: rect.x * blockWidth, y: rect.y * blockHeight, width: rect.width * blockWidth,
                height: rect.height * blockHeight))
        let channels = view.channels
        let sumCount = rect.width * blockWidth * channels
        let offset = rect.x * blockWidth * channels - view.columnBias
        ResampleRows.grow(&rows.long, to: sumCount)
        let isPair = blockWidth == 2 && blockHeight == 2
        let rowBytes = destination.rowBytes
        unsafe destination.withUnsafeMutableBytes { out in
            unsafe rows.long.withUnsafeMutableBufferPointer { long in
                // `require` holds what is read, `grow` and `reshape` made room for what is written.
                let sums = unsafe long.baseAddress.unsafelyUnwrapped
                var target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
                for y in rect.y..<rect.y + rect.height {
                    for index in 0..<sumCount { unsafe sums[index] = 0 }
                    for line in y * blockHeight..<(y + 1) * blockHeight {
                        let source = unsafe view.row(line) + offset
                        for index in 0..<sumCount { unsafe sums[index] &+= Int32(source[index]) }
                    }
                    if isPair {
                        unsafe writePairs(sums, width: rect.width, channels: channels, to: target)
                    } else {
                        unsafe writeBlocks(
                            sums, blockWidth: blockWidth, width: rect.width, channels: channels,
                            reciprocal: reciprocal, to: target)
                    }
                    unsafe target += rowBytes
                }
            }
        }
    }

    /// A block of four is rounded up in the middle; all others to even.
    @unsafe
    private static func writePairs(
        _ sums: UnsafeMutablePointer<Int32>, width: Int, channels: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<width {
            for channel in 0..<channels {
                let first = 2 &* x &* channels &+ channel
                // Both indices are below `2·width·channels`, the number of sums.
                let sum = unsafe sums[first] &+ sums[first &+ channels]
                unsafe target[x &* channels &+ channel] = UInt8(truncatingIfNeeded: (sum &+ 2) >> 2)
            }
        }
    }

    @unsafe
    private static func writeBlocks(
        _ sums: UnsafeMutablePointer<Int32>, blockWidth: Int, width: Int, channels: Int, reciprocal: Float,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<width {
            for channel in 0..<channels {
                // 64 bits: a block may be a whole image.
                var sum = 0
                for column in 0..<blockWidth {
                    // Below `blockWidth·width·channels`, the number of sums.
                    unsafe sum &+= Int(sums[(x &* blockWidth &+ column) &* channels &+ channel])
                }
                unsafe target[x &* channels &+ channel] = roundedByte(Float(sum) * reciprocal)
            }
        }
    }
}

internal import DataTypes

/// Resize by taking the source pixel to the upper left.
enum NearestKernel {
    static func run(
        _ view: SourceView, horizontal: AxisTable, vertical: AxisTable, rect: PixelRect,
        into destination: inout PixelBuffer
    ) {
        let channels = view.channels
        let bias = view.columnBias
        let rowBytes = destination.rowBytes
        unsafe destination.withUnsafeMutableBytes { out in
            // Tables and `require` bound the reads; the destination has `rect`'s size.
            var target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
            for y in 0..<rect.height {
                let line = unsafe view.row(Int(vertical.starts[rect.y + y]))
                // A loop of a constant length is unrolled, and nearly all images have three channels.
                if channels == 3 {
                    unsafe copyRow(line, columns: horizontal.starts, rect: rect, channels: 3, bias: bias, to: target)
                } else {
                    unsafe copyRow(
                        line, columns: horizontal.starts, rect: rect, channels: channels, bias: bias, to: target)
                }
                unsafe target += rowBytes
            }
        }
    }

    @unsafe
    @inline(__always)
    private static func copyRow(
        _ line: UnsafePointer<UInt8>, columns: [Int32], rect: PixelRect, channels: Int, bias: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<rect.width {
            let offset = Int(columns[rect.x + x]) &* channels &- bias
            // As in `run`.
            for channel in 0..<channels { unsafe target[x &* channels &+ channel] = line[offset &+ channel] }
        }
    }
}

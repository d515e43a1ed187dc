internal import DataTypes

/// The area kernel when it shrinks by a factor that is no whole number: source pixels count by their covered area.
///
/// Every source row is reduced horizontally once, in `Float` and in the reference's order of additions, since the order
/// decides the last bit.
enum CellKernel {
    static func run(
        _ view: SourceView, horizontal: AxisTable, vertical: AxisTable, rect: PixelRect, rows: inout ResampleRows,
        into destination: inout PixelBuffer
    ) {
        let channels = view.channels
        let valueCount = rect.width * channels
        let columns = horizontal.sourceRange(of: rect.x..<rect.x + rect.width)
        let sourceCount = columns.count * channels
        // One pixel more behind each row, since pixels are read and written four values at a time.
        let sourceRoom = sourceCount + 4
        let valueRoom = valueCount + 4
        ResampleRows.grow(&rows.floats, to: sourceRoom + 2 * valueRoom)
        let rowBytes = destination.rowBytes
        unsafe destination.withUnsafeMutableBytes { out in
            unsafe rows.floats.withUnsafeMutableBufferPointer { floats in
                // `require` holds what is read of the image; `grow` and `reshape` made room for the rest.
                let source = unsafe floats.baseAddress.unsafelyUnwrapped
                let reduced = unsafe source + sourceRoom
                let sums = unsafe reduced + valueRoom
                var target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
                // A row on the border of two target rows is used by both.
                var reducedLine = -1
                for y in rect.y..<rect.y + rect.height {
                    let entries = Int(vertical.starts[y])..<Int(vertical.starts[y + 1])
                    for entry in entries {
                        let line = Int(vertical.cellSources[entry])
                        if line != reducedLine {
                            let start = unsafe view.row(line) + (columns.lowerBound * channels - view.columnBias)
                            for index in 0..<sourceCount { unsafe source[index] = Float(start[index]) }
                            unsafe reduce(
                                source, firstColumn: columns.lowerBound, channels: channels, table: horizontal,
                                range: rect.x..<rect.x + rect.width, to: reduced)
                            reducedLine = line
                        }
                        let weight = vertical.cellWeights[entry]
                        if entry == entries.lowerBound {
                            for index in 0..<valueCount { unsafe sums[index] = weight * reduced[index] }
                        } else {
                            for index in 0..<valueCount { unsafe sums[index] += weight * reduced[index] }
                        }
                    }
                    for index in 0..<valueCount { unsafe target[index] = roundedByte(sums[index]) }
                    unsafe target += rowBytes
                }
            }
        }
    }

    @unsafe
    private static func reduce(
        _ source: UnsafeMutablePointer<Float>, firstColumn: Int, channels: Int, table: AxisTable, range: Range<Int>,
        to reduced: UnsafeMutablePointer<Float>
    ) {
        unsafe table.cellSources.withUnsafeBufferPointer { cellSources in
            unsafe table.cellWeights.withUnsafeBufferPointer { cellWeights in
                unsafe table.starts.withUnsafeBufferPointer { starts in
                    var target = UnsafeMutableRawPointer(reduced)
                    for x in range {
                        var sum = SIMD4<Float>(repeating: 0)
                        // `starts` has one element more than there are positions, so `x + 1` is inside.
                        for entry in unsafe Int(starts[x])..<Int(starts[x &+ 1]) {
                            // Entries of `range` lie in the gathered columns; the room behind them allows four values.
                            let column = unsafe Int(cellSources[entry]) &- firstColumn
                            let pixel = unsafe UnsafeRawPointer(source + column &* channels)
                                .loadUnaligned(as: SIMD4<Float>.self)
                            unsafe sum += pixel * cellWeights[entry]
                        }
                        // The values beyond the pixel's channels are overwritten by the next pixel.
                        unsafe target.storeBytes(of: sum, as: SIMD4<Float>.self)
                        unsafe target += channels &* 4
                    }
                }
            }
        }
    }
}

/// Linear resize, mirroring, normalisation and layout in one pass over the rows of a sample: no image lies between the
/// source and the slot.
///
/// Each source row is resized horizontally once, into a ring of two rows of planes; two of them make a row of the sample.
/// The arithmetic is `TapKernel`'s.
struct LinearPass {
    private var columns = LinearColumns()
    /// Two rows, each a plane a channel.
    private var ring: [Int16] = []

    /// - Parameters:
    ///   - view: the pixels that the tables read for `rect` are in memory.
    ///   - rect: the wanted part of the resized image, of the sample's size.
    mutating func run(
        _ view: SourceView, horizontal: AxisTable, vertical: AxisTable, rect: PixelRect, isMirrored: Bool,
        to sample: SampleRows
    ) {
        precondition(rect.width == sample.width && rect.height == sample.height && view.channels == sample.channels)
        columns.fill(
            from: horizontal, range: rect.x..<rect.x + rect.width, channels: view.channels, bias: view.columnBias,
            isMirrored: isMirrored)
        let kernels = sample.kernels
        let stride = columns.paddedCount
        let rowCount = stride * view.channels
        ResampleRows.grow(&ring, to: 2 * rowCount)
        let lastLine = view.height - 1
        var held = (even: -1, odd: -1)
        unsafe columns.withMemory { columns in
            unsafe ring.withUnsafeMutableBufferPointer { ring in
                // `grow` made room for both rows, and the caller checked the source.
                let rows = unsafe ring.baseAddress.unsafelyUnwrapped
                for y in 0..<rect.height {
                    let first = Int(vertical.starts[rect.y + y])
                    let upper = min(max(first, 0), lastLine)
                    let lower = min(max(first + 1, 0), lastLine)
                    for line in upper...lower where (line & 1 == 0 ? held.even : held.odd) != line {
                        if line & 1 == 0 { held.even = line } else { held.odd = line }
                        unsafe kernels.resize(
                            view.row(line), columns: columns, to: rows + (line & 1) * rowCount, stride: stride)
                    }
                    let weights = (vertical.weights[2 * (rect.y + y)], vertical.weights[2 * (rect.y + y) + 1])
                    let target = unsafe sample.planes(ofRow: y)
                    for channel in 0..<view.channels {
                        // A plane of the ring has `stride` values, one of the sample `width`.
                        unsafe kernels.blend(
                            rows + ((upper & 1) * rowCount + channel * stride),
                            rows + ((lower & 1) * rowCount + channel * stride), weights: weights, count: rect.width,
                            to: target + channel * sample.planeStride)
                    }
                    sample.finishRow(y)
                }
            }
        }
    }
}

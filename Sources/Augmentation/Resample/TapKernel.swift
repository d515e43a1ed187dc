internal import DataTypes

/// Resize kernels with a fixed number of taps: linear (2), cubic (4) and Lanczos4 (8).
///
/// Every source row is resized horizontally once, into a ring of as many rows as there are taps; the rows of the ring are
/// then combined for each target row. Horizontally, the taps' values are first gathered into planes in the order of the
/// result, because the arithmetic that follows is then a plain loop over arrays that the compiler vectorises.
enum TapKernel {
    static func run(
        _ view: SourceView, horizontal: AxisTable, vertical: AxisTable, rect: PixelRect, rows: inout ResampleRows,
        into destination: inout PixelBuffer
    ) {
        let taps = vertical.tapCount
        let valueCount = rect.width * view.channels
        // Pixels of three channels are moved four bytes at a time.
        let planeStride = valueCount + 4
        let safeCount = prepare(
            &rows, horizontal: horizontal, rect: rect, view: view, planeStride: planeStride)
        ResampleRows.grow(&rows.planes, to: taps * planeStride)
        rows.held.removeAll(keepingCapacity: true)
        rows.held.append(contentsOf: repeatElement(-1, count: taps))
        let job = GatherJob(
            taps: taps, width: rect.width, channels: view.channels, planeStride: planeStride, safeCount: safeCount)
        if taps == 2 {
            ResampleRows.grow(&rows.short, to: taps * valueCount)
            runLinear(view, job: job, vertical: vertical, rect: rect, rows: &rows, into: &destination)
        } else {
            ResampleRows.grow(&rows.long, to: taps * valueCount)
            // The reference works in vectors of eight along a row of the whole image and with integers on the rest.
            let floatCount =
                horizontal.key.rule == .cubic
                ? horizontal.key.targetCount * view.channels / 8 * 8 - rect.x * view.channels : 0
            runWide(
                view, job: job, vertical: vertical, rect: rect, floatCount: max(0, min(valueCount, floatCount)),
                rows: &rows, into: &destination)
        }
    }

    /// Byte offsets of the taps and weights for each value of a result row.
    ///
    /// - Returns: how many target pixels can be read four bytes at a time without leaving their row.
    private static func prepare(
        _ rows: inout ResampleRows, horizontal: AxisTable, rect: PixelRect, view: SourceView, planeStride: Int
    ) -> Int {
        let taps = horizontal.tapCount
        let channels = view.channels
        ResampleRows.grow(&rows.offsets, to: taps * rect.width)
        ResampleRows.grow(&rows.weights, to: taps * planeStride)
        var safeCount = rect.width
        for tap in 0..<taps {
            for x in 0..<rect.width {
                let column = min(max(Int(horizontal.starts[rect.x + x]) + tap, 0), view.width - 1)
                let offset = column * channels - view.columnBias
                rows.offsets[tap * rect.width + x] = Int32(offset)
                // Offsets never fall along a row, so the first that is too large ends the safe part.
                if offset + 4 > view.strideBytes { safeCount = min(safeCount, x) }
                let weight = horizontal.weights[(rect.x + x) * taps + tap]
                for channel in 0..<channels {
                    rows.weights[tap * planeStride + x * channels + channel] = weight
                }
            }
        }
        return safeCount
    }

    private static func runLinear(
        _ view: SourceView, job: GatherJob, vertical: AxisTable, rect: PixelRect, rows: inout ResampleRows,
        into destination: inout PixelBuffer
    ) {
        let valueCount = job.width * job.channels
        let lastLine = view.height - 1
        unsafe destination.withUnsafeMutableBytes { out in
            unsafe rows.short.withUnsafeMutableBufferPointer { short in
                // `prepare` and `grow` made room for every row; `require` holds what is read of the image.
                let ring = unsafe short.baseAddress.unsafelyUnwrapped
                var target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
                for y in rect.y..<rect.y + rect.height {
                    let first = Int(vertical.starts[y])
                    let upper = min(max(first, 0), lastLine)
                    let lower = min(max(first + 1, 0), lastLine)
                    for line in upper...lower where rows.held[line & 1] != line {
                        rows.held[line & 1] = line
                        unsafe job.gather(view.row(line), offsets: rows.offsets, planes: &rows.planes)
                        unsafe combineLinear(
                            planes: rows.planes, weights: rows.weights, stride: job.planeStride, count: valueCount,
                            to: ring + (line & 1) * valueCount)
                    }
                    unsafe blendLinear(
                        ring + (upper & 1) * valueCount, ring + (lower & 1) * valueCount,
                        weights: (vertical.weights[2 * y], vertical.weights[2 * y + 1]), count: valueCount, to: target)
                    unsafe target += valueCount
                }
            }
        }
    }

    /// Sixteenths of `Σ value·weight`: all that the vertical step looks at, and it fits 16 bits.
    @unsafe
    private static func combineLinear(
        planes: [UInt8], weights: [Int16], stride: Int, count: Int, to row: UnsafeMutablePointer<Int16>
    ) {
        precondition(planes.count >= 2 * stride && weights.count >= 2 * stride && stride >= count)
        unsafe planes.withUnsafeBufferPointer { planes in
            unsafe weights.withUnsafeBufferPointer { weights in
                for index in 0..<count {
                    // Indices are below `2·stride`, as checked above.
                    let left = unsafe Int32(planes[index]) &* Int32(weights[index])
                    let right = unsafe Int32(planes[stride &+ index]) &* Int32(weights[stride &+ index])
                    unsafe row[index] = Int16(truncatingIfNeeded: (left &+ right) >> 4)
                }
            }
        }
    }

    @unsafe
    private static func blendLinear(
        _ upper: UnsafeMutablePointer<Int16>, _ lower: UnsafeMutablePointer<Int16>, weights: (Int16, Int16), count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        let (first, second) = (Int32(weights.0), Int32(weights.1))
        for index in 0..<count {
            // All three rows have `count` values.
            let sum = unsafe ((first &* Int32(upper[index])) >> 16) &+ ((second &* Int32(lower[index])) >> 16)
            unsafe target[index] = UInt8(truncatingIfNeeded: (sum &+ 2) >> 2)
        }
    }
}

internal import DataTypes

/// Reads one pixel at a position with a fraction, the fill value beyond the edges.
struct WarpSampler {
    private let view: SourceView
    private let fill: [4 of UInt8]

    init(_ view: SourceView, fill: UInt8) {
        self.view = view
        self.fill = [fill, fill, fill, 0]
    }

    /// One row of the canvas without interpolation.
    @unsafe
    func nearestRow(
        _ columnX: [Int], _ columnY: [Int], startX: Int, startY: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        let channels = view.channels
        for index in columnX.indices {
            let x = (startX + columnX[index]) >> 10
            let y = (startY + columnY[index]) >> 10
            for channel in 0..<channels {
                // The target has a pixel for every column.
                unsafe target[index &* channels &+ channel] = value(x, y, channel)
            }
        }
    }

    /// One row of the canvas.
    @unsafe
    func row(
        _ columnX: [Int], _ columnY: [Int], startX: Int, startY: Int, table: WarpTable,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        let channels = view.channels
        let taps = table.taps
        let before = taps / 2 - 1
        let cell = taps * taps
        for index in columnX.indices {
            let fineX = (startX + columnX[index]) >> 5
            let fineY = (startY + columnY[index]) >> 5
            let x = (fineX >> 5) - before
            let y = (fineY >> 5) - before
            let weights = ((fineY & 31) * 32 + (fineX & 31)) * cell
            // The target has a pixel for every column.
            let pixel = unsafe target + index &* channels
            if x >= 0, y >= 0, x + taps <= view.width, y + taps <= view.height {
                // Loops of a constant length are unrolled: most of the time goes into them.
                switch (taps, channels) {
                case (2, 3): unsafe inside(x, y, taps: 2, channels: 3, table.weights, at: weights, to: pixel)
                case (4, 3): unsafe inside(x, y, taps: 4, channels: 3, table.weights, at: weights, to: pixel)
                case (8, 3): unsafe inside(x, y, taps: 8, channels: 3, table.weights, at: weights, to: pixel)
                default: unsafe inside(x, y, taps: taps, channels: channels, table.weights, at: weights, to: pixel)
                }
            } else if x >= view.width || y >= view.height || x + taps <= 0 || y + taps <= 0 {
                for channel in 0..<channels { unsafe pixel[channel] = fill[channel] }
            } else {
                unsafe edge(x, y, taps: taps, table.weights, at: weights, to: pixel)
            }
        }
    }

    /// All taps lie in the image.
    @unsafe
    @inline(__always)
    private func inside(
        _ x: Int, _ y: Int, taps: Int, channels: Int, _ weights: [Int16], at start: Int,
        to pixel: UnsafeMutablePointer<UInt8>
    ) {
        precondition(start + taps * taps <= weights.count)
        unsafe weights.withUnsafeBufferPointer { weights in
            // The caller checked that the taps lie in the image, and the line above that the weights are there.
            let base = unsafe view.row(y) + (x &* channels &- view.columnBias)
            for channel in 0..<channels {
                var sum: Int32 = 16384
                for row in 0..<taps {
                    let line = unsafe base + (row &* view.strideBytes &+ channel)
                    for column in 0..<taps {
                        unsafe sum &+=
                            Int32(line[column &* channels])
                            &* Int32(weights[start &+ row &* taps &+ column])
                    }
                }
                unsafe pixel[channel] = clampedByte(sum >> 15)
            }
        }
    }

    /// Some taps lie outside the image.
    @unsafe
    private func edge(
        _ x: Int, _ y: Int, taps: Int, _ weights: [Int16], at start: Int, to pixel: UnsafeMutablePointer<UInt8>
    ) {
        for channel in 0..<view.channels {
            var sum: Int32 = 16384
            for row in 0..<taps {
                for column in 0..<taps {
                    sum &+= Int32(value(x + column, y + row, channel)) &* Int32(weights[start + row * taps + column])
                }
            }
            // The caller gave room for a pixel.
            unsafe pixel[channel] = clampedByte(sum >> 15)
        }
    }

    @inline(__always)
    private func value(_ x: Int, _ y: Int, _ channel: Int) -> UInt8 {
        guard x >= 0, y >= 0, x < view.width, y < view.height else { return fill[channel] }
        // Inside the image, all of which is in memory.
        return unsafe view.row(y)[x &* view.channels &- view.columnBias &+ channel]
    }
}

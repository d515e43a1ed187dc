internal import DataTypes

extension TapKernel {
    /// Cubic and Lanczos4.
    ///
    /// - Parameter floatCount: how many values at the start of each row are combined in `Float`, the others in integers.
    static func runWide(
        _ view: SourceView, job: GatherJob, vertical: AxisTable, rect: PixelRect, floatCount: Int,
        rows: inout ResampleRows, into destination: inout PixelBuffer
    ) {
        let valueCount = job.width * job.channels
        let taps = job.taps
        let lastLine = view.height - 1
        unsafe destination.withUnsafeMutableBytes { out in
            unsafe rows.long.withUnsafeMutableBufferPointer { long in
                // `prepare` and `grow` made room for every row; `require` holds what is read of the image.
                let ring = unsafe long.baseAddress.unsafelyUnwrapped
                var target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
                for y in rect.y..<rect.y + rect.height {
                    let first = Int(vertical.starts[y])
                    var slots: [8 of Int] = .init(repeating: 0)
                    for tap in 0..<taps {
                        let line = min(max(first + tap, 0), lastLine)
                        let slot = line & (taps - 1)
                        slots[tap] = slot * valueCount
                        if rows.held[slot] == line { continue }
                        rows.held[slot] = line
                        unsafe job.gather(view.row(line), offsets: rows.offsets, planes: &rows.planes)
                        unsafe combine(
                            planes: rows.planes, weights: rows.weights, taps: taps, stride: job.planeStride,
                            count: valueCount, to: ring + slot * valueCount)
                    }
                    var weights: [8 of Int32] = .init(repeating: 0)
                    for tap in 0..<taps { weights[tap] = Int32(vertical.weights[taps * y + tap]) }
                    if taps == 4 {
                        unsafe blendCubicFloat(ring, slots: slots, weights: weights, count: floatCount, to: target)
                        unsafe blendCubic(
                            ring, slots: slots, weights: weights, range: floatCount..<valueCount, to: target)
                    } else {
                        unsafe blendLanczos(ring, slots: slots, weights: weights, count: valueCount, to: target)
                    }
                    unsafe target += valueCount
                }
            }
        }
    }

    /// `Σ value·weight` over the taps.
    @unsafe
    private static func combine(
        planes: [UInt8], weights: [Int16], taps: Int, stride: Int, count: Int, to row: UnsafeMutablePointer<Int32>
    ) {
        precondition(planes.count >= taps * stride && weights.count >= taps * stride && stride >= count)
        unsafe planes.withUnsafeBufferPointer { planes in
            unsafe weights.withUnsafeBufferPointer { weights in
                // Four taps at a time keep the sum in registers. Indices are below `taps·stride`, as checked above.
                for group in Swift.stride(from: 0, to: taps, by: 4) {
                    let (a, b, c, d) = (
                        group &* stride, (group &+ 1) &* stride, (group &+ 2) &* stride, (group &+ 3) &* stride
                    )
                    for index in 0..<count {
                        var sum = unsafe Int32(planes[a &+ index]) &* Int32(weights[a &+ index])
                        unsafe sum &+= Int32(planes[b &+ index]) &* Int32(weights[b &+ index])
                        unsafe sum &+= Int32(planes[c &+ index]) &* Int32(weights[c &+ index])
                        unsafe sum &+= Int32(planes[d &+ index]) &* Int32(weights[d &+ index])
                        unsafe row[index] = group == 0 ? sum : row[index] &+ sum
                    }
                }
            }
        }
    }

    @unsafe
    private static func blendCubicFloat(
        _ ring: UnsafeMutablePointer<Int32>, slots: [8 of Int], weights: [8 of Int32], count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        // Both steps of weights are scaled by 2048.
        let unit: Float = 0x1p-22
        let (w0, w1) = (Float(weights[0]) * unit, Float(weights[1]) * unit)
        let (w2, w3) = (Float(weights[2]) * unit, Float(weights[3]) * unit)
        // Each slot is a row of the ring with at least `count` values.
        let (r0, r1) = unsafe (ring + slots[0], ring + slots[1])
        let (r2, r3) = unsafe (ring + slots[2], ring + slots[3])
        for index in 0..<count {
            var sum = unsafe Float(r0[index]) * w0 + Float(r1[index]) * w1
            unsafe sum = sum + Float(r2[index]) * w2
            unsafe sum = sum + Float(r3[index]) * w3
            unsafe target[index] = roundedByte(sum)
        }
    }

    @unsafe
    private static func blendCubic(
        _ ring: UnsafeMutablePointer<Int32>, slots: [8 of Int], weights: [8 of Int32], range: Range<Int>,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        for index in range {
            var sum: Int32 = 1 << 21
            // Each slot is a row of the ring with at least `range.upperBound` values.
            for tap in 0..<4 { unsafe sum &+= ring[slots[tap] &+ index] &* weights[tap] }
            unsafe target[index] = clampedByte(sum >> 22)
        }
    }

    @unsafe
    private static func blendLanczos(
        _ ring: UnsafeMutablePointer<Int32>, slots: [8 of Int], weights: [8 of Int32], count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        // Each slot is a row of the ring with at least `count` values.
        let (r0, r1, r2, r3) = unsafe (ring + slots[0], ring + slots[1], ring + slots[2], ring + slots[3])
        let (r4, r5, r6, r7) = unsafe (ring + slots[4], ring + slots[5], ring + slots[6], ring + slots[7])
        let (w0, w1, w2, w3) = (weights[0], weights[1], weights[2], weights[3])
        let (w4, w5, w6, w7) = (weights[4], weights[5], weights[6], weights[7])
        for index in 0..<count {
            var sum = unsafe (1 << 21) &+ r0[index] &* w0 &+ r1[index] &* w1
            unsafe sum = sum &+ r2[index] &* w2 &+ r3[index] &* w3
            unsafe sum = sum &+ r4[index] &* w4 &+ r5[index] &* w5
            unsafe sum = sum &+ r6[index] &* w6 &+ r7[index] &* w7
            unsafe target[index] = clampedByte(sum >> 22)
        }
    }
}

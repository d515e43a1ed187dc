internal import DataTypes

/// One sample's way from rows of pixels to a slot: geometry only, the values come from tables or a mean image.
struct SlotJob {
    /// Bytes from the start of a source row in memory to the first pixel wanted.
    let offset: Int
    let firstLine: Int
    let format: SlotFormat
    let isMirrored: Bool

    /// Elements from one pixel to the next in the slot, and from one channel to the next.
    private var pixelStride: Int { format.layout == .channelsFirst ? 1 : format.channels }
    private var channelStride: Int { format.layout == .channelsFirst ? format.height * format.width : 1 }
    /// Elements from one row to the next in the slot.
    private var rowStride: Int { format.width * pixelStride }

    /// Position in a BGR(A) or gray pixel of output channel `channel` (red, green, blue, alpha).
    private func sourceChannel(_ channel: Int) -> Int {
        format.channels >= 3 && channel < 3 ? 2 - channel : channel
    }

    /// - Parameters:
    ///   - table: 256 elements for each output channel.
    ///   - target: room for a sample of `format`.
    @unsafe
    func write<Element: FixedWidthInteger>(
        _ view: SourceView, table: [Element], to target: UnsafeMutableRawPointer
    ) {
        precondition(table.count >= 256 * format.channels)
        unsafe table.withUnsafeBufferPointer { table in
            let values = unsafe table.baseAddress.unsafelyUnwrapped
            for y in 0..<format.height {
                // The caller checked the source rectangle and the slot's size.
                let line = unsafe view.row(firstLine + y) + offset
                let first = y * rowStride + (isMirrored ? (format.width - 1) * pixelStride : 0)
                let row = unsafe target + first * MemoryLayout<Element>.size
                if format.channels == 3 {
                    unsafe writeRow3(line, values, to: row)
                } else {
                    for channel in 0..<format.channels {
                        unsafe writeRow(
                            line + sourceChannel(channel), values + 256 * channel,
                            to: row + channel * channelStride * MemoryLayout<Element>.size)
                    }
                }
            }
        }
    }

    /// One row of all three channels.
    @unsafe
    @inline(__always)
    private func writeRow3<Element: FixedWidthInteger>(
        _ line: UnsafePointer<UInt8>, _ table: UnsafePointer<Element>, to row: UnsafeMutableRawPointer
    ) {
        let size = MemoryLayout<Element>.size
        let step = (isMirrored ? -pixelStride : pixelStride) &* size
        let plane = channelStride &* size
        var target = unsafe row
        var pixel = unsafe line
        for _ in 0..<format.width {
            // A byte and the channel's 256 are below the table's size; the row has `width` pixels in both memories.
            unsafe target.storeBytes(of: table[Int(pixel[2])], as: Element.self)
            unsafe target.storeBytes(of: table[256 &+ Int(pixel[1])], toByteOffset: plane, as: Element.self)
            unsafe target.storeBytes(of: table[512 &+ Int(pixel[0])], toByteOffset: 2 &* plane, as: Element.self)
            unsafe pixel += 3
            unsafe target += step
        }
    }

    /// One row of one channel.
    @unsafe
    private func writeRow<Element: FixedWidthInteger>(
        _ line: UnsafePointer<UInt8>, _ table: UnsafePointer<Element>, to row: UnsafeMutableRawPointer
    ) {
        let step = (isMirrored ? -pixelStride : pixelStride) &* MemoryLayout<Element>.size
        var target = unsafe row
        for x in 0..<format.width {
            // As in `writeRow3`.
            unsafe target.storeBytes(of: table[Int(line[x &* format.channels])], as: Element.self)
            unsafe target += step
        }
    }

    /// A mirrored column receives the value computed with the mean of the column it came from.
    @unsafe
    func writeWithMeanImage(
        _ view: SourceView, _ meanImage: MeanImage, output: SampleOutput, plan: SamplePlan,
        to target: UnsafeMutableRawPointer
    ) {
        for channel in 0..<format.channels {
            let scale = ValueScale(
                output.normalisation, channel: channel, contrast: plan.contrast, illumination: plan.illumination)
            for y in 0..<format.height {
                // The caller checked the source rectangle and the slot's size.
                let line = unsafe view.row(firstLine + y) + offset + sourceChannel(channel)
                for x in 0..<format.width {
                    let mean = meanImage.values[(channel * format.height + y) * format.width + x]
                    let column = isMirrored ? format.width - 1 - x : x
                    let index = channel * channelStride + y * rowStride + column * pixelStride
                    unsafe store(line[x * format.channels], mean: mean, scale: scale, at: index, in: target)
                }
            }
        }
    }

    @unsafe
    @inline(__always)
    private func store(
        _ pixel: UInt8, mean: Float, scale: ValueScale, at index: Int, in target: UnsafeMutableRawPointer
    ) {
        let place = unsafe target + index * format.elementType.byteWidth
        // A mean image may hold anything; clamped to what `Int64` surely holds, NaN to the lower bound.
        let whole = Int64(min(1e9, max(-1e9, mean.rounded(.toNearestOrAwayFromZero))))
        // `index` is inside a slot of `format`.
        switch format.elementType {
        case .uint8: unsafe place.storeBytes(of: pixel, as: UInt8.self)
        case .int8: unsafe place.storeBytes(of: Int8(clamping: Int64(pixel) - whole), as: Int8.self)
        case .int32: unsafe place.storeBytes(of: Int32(Int64(pixel) - whole), as: Int32.self)
        case .int64, .uint64: unsafe place.storeBytes(of: Int64(pixel) - whole, as: Int64.self)
        case .float16: unsafe place.storeBytes(of: Float16(scale.apply(pixel, mean: mean)), as: Float16.self)
        case .bfloat16: unsafe place.storeBytes(of: bfloat16Bits(scale.apply(pixel, mean: mean)), as: UInt16.self)
        case .float32: unsafe place.storeBytes(of: scale.apply(pixel, mean: mean), as: Float.self)
        case .float64: unsafe place.storeBytes(of: Double(scale.apply(pixel, mean: mean)), as: Double.self)
        case .bool, .uint16, .int16, .uint32: preconditionFailure("no iterator serves pixels so")
        }
    }
}

internal import DataTypes

/// The rows of a sample on their way into its slot.
///
/// Whoever makes a sample asks for row y's planes, fills them with pixels (gray, RGB or RGBA, mirrored if the sample is)
/// and calls `finishRow`. The planes are the slot's own where it holds just these bytes; else they are a scratch row that
/// the finishing converts.
@safe
struct SampleRows {
    /// How a row of bytes becomes a row of the slot.
    @safe
    enum Conversion {
        /// The planes are the slot's.
        case none
        /// Bytes, channels side by side.
        case join
        /// `float32`, a plane a channel: computed, since a multiplication costs less than a look-up.
        case scale([4 of ValueScale])
        /// 256 elements a channel, looked up: all the rest.
        case look(UnsafeRawPointer)
        /// A mean for each value.
        case subtract(MeanImage, [4 of ValueScale])
    }

    let format: SlotFormat
    let kernels: RowKernels
    let isMirrored: Bool
    private let conversion: Conversion
    private let slot: UnsafeMutableRawPointer
    private let scratch: UnsafeMutablePointer<UInt8>

    /// Where row 0 begins, and bytes from there to the next row: none when all use the scratch row.
    private let firstRow: UnsafeMutablePointer<UInt8>
    private let rowStride: Int
    /// Bytes from one plane of a row to the next.
    let planeStride: Int

    var width: Int { format.width }
    var height: Int { format.height }
    var channels: Int { format.channels }

    /// - Parameters:
    ///   - slot: room for a sample of `format`, which outlives this.
    ///   - scratch: room for one row, which outlives this too.
    @unsafe
    init(
        format: SlotFormat, kernels: RowKernels, isMirrored: Bool, conversion: Conversion,
        slot: UnsafeMutableRawPointer, scratch: UnsafeMutablePointer<UInt8>
    ) {
        self.format = format
        self.kernels = kernels
        self.isMirrored = isMirrored
        self.conversion = conversion
        unsafe self.slot = slot
        unsafe self.scratch = scratch
        if case .none = conversion {
            unsafe firstRow = slot.assumingMemoryBound(to: UInt8.self)
            rowStride = format.width
            planeStride = format.height * format.width
        } else {
            unsafe firstRow = scratch
            rowStride = 0
            planeStride = format.width
        }
    }

    /// Where the first plane of row `y` begins. Each has room for `width` bytes.
    @unsafe
    func planes(ofRow y: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(y >= 0 && y < format.height)
        // Inside the slot, by the check above and the promise about it.
        return unsafe firstRow + y * rowStride
    }

    /// Brings the row, whose planes are all written, into the slot.
    func finishRow(_ y: Int) {
        precondition(y >= 0 && y < format.height)
        let size = format.elementType.byteWidth
        let isPlanar = format.layout == .channelsFirst
        // Elements from one pixel to the next, from one channel to the next, and before the row: all inside the slot.
        let pixelStride = isPlanar ? 1 : channels
        let channelStride = isPlanar ? format.height * width : 1
        let row = unsafe slot + y * width * pixelStride * size
        switch conversion {
        case .none: return
        case .join:
            unsafe kernels.join(
                scratch, stride: width, channels: channels, count: width, to: row.assumingMemoryBound(to: UInt8.self))
        case .scale(let scales):
            for channel in 0..<channels {
                let scale = scales[channel]
                unsafe kernels.scale(
                    scratch + channel * width, mean: scale.mean, first: scale.first, second: scale.second, count: width,
                    to: row + channel * channelStride * size)
            }
        case .look(let table):
            for channel in 0..<channels {
                let (plane, target) = unsafe (scratch + channel * width, row + channel * channelStride * size)
                let values = unsafe table + 256 * channel * size
                switch size {
                case 1: unsafe look(plane, in: values, as: UInt8.self, step: pixelStride, to: target)
                case 2: unsafe look(plane, in: values, as: UInt16.self, step: pixelStride, to: target)
                case 4: unsafe look(plane, in: values, as: UInt32.self, step: pixelStride, to: target)
                default: unsafe look(plane, in: values, as: UInt64.self, step: pixelStride, to: target)
                }
            }
        case .subtract(let image, let scales):
            for channel in 0..<channels {
                unsafe subtract(
                    image, line: (channel * format.height + y) * width, scale: scales[channel],
                    from: scratch + channel * width, step: pixelStride, to: row + channel * channelStride * size)
            }
        }
    }

    /// One row of one channel.
    @unsafe
    private func look<Element: FixedWidthInteger>(
        _ plane: UnsafePointer<UInt8>, in table: UnsafeRawPointer, as _: Element.Type, step: Int,
        to target: UnsafeMutableRawPointer
    ) {
        let values = unsafe table.assumingMemoryBound(to: Element.self)
        let stepBytes = step &* MemoryLayout<Element>.size
        var target = unsafe target
        for x in 0..<width {
            // A byte is below the table's 256; the row has `width` pixels in both memories.
            unsafe target.storeBytes(of: values[Int(plane[x])], as: Element.self)
            unsafe target += stepBytes
        }
    }

    /// One row of one channel. A mirrored column receives the value computed with the mean of the column it came from.
    @unsafe
    private func subtract(
        _ image: MeanImage, line: Int, scale: ValueScale, from plane: UnsafePointer<UInt8>, step: Int,
        to target: UnsafeMutableRawPointer
    ) {
        if format.elementType == .float32, step == 1, scale.formula == .version2 {
            precondition(line >= 0 && line + width <= image.values.count)
            unsafe image.values.withUnsafeBufferPointer { values in
                // Inside the image, as just checked; the row has `width` pixels in both memories.
                unsafe PortableRows.subtract(
                    values.baseAddress.unsafelyUnwrapped + line, isMirrored: isMirrored, first: scale.first,
                    second: scale.second, from: plane, count: width, to: target)
            }
            return
        }
        for x in 0..<width {
            let mean = image.values[line + (isMirrored ? width - 1 - x : x)]
            // As in `look`.
            unsafe store(plane[x], mean: mean, scale: scale, to: target + x * step * format.elementType.byteWidth)
        }
    }

    @unsafe
    @inline(__always)
    private func store(_ pixel: UInt8, mean: Float, scale: ValueScale, to place: UnsafeMutableRawPointer) {
        // A mean image may hold anything; clamped to what `Int64` surely holds, NaN to the lower bound.
        let whole = Int64(min(1e9, max(-1e9, mean.rounded(.toNearestOrAwayFromZero))))
        // `place` is inside the slot, for one element.
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

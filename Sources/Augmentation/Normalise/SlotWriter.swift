internal import DataTypes

/// The last step of a sample: swaps BGR to RGB, mirrors, normalises, converts and lays out, in one pass into the slot.
///
/// Without a mean image every output value depends on a byte and a channel alone, so the values are computed once for
/// each of the 256 bytes and then looked up: that makes all element types and layouts one loop. Follows MXNet 1.9.1
/// `src/io/iter_image_recordio_2.cc` and `iter_normalize.h`.
struct SlotWriter: ~Copyable {
    /// What the tables below are filled for.
    private struct Key: Equatable {
        let normalisation: Normalisation
        let elementType: ElementType
        let contrast: Float
        let illumination: Float
    }
    private var key: Key?
    /// 256 values for each of red (or gray), green, blue, alpha, as bits of the element type.
    private var bytes: [UInt8] = []
    private var halves: [UInt16] = []
    private var words: [UInt32] = []
    private var doubles: [UInt64] = []

    /// Writes `rect` of `view` to one slot.
    ///
    /// - Parameters:
    ///   - rect: of the size of the slot.
    ///   - slot: exactly one sample.
    mutating func write(
        _ view: SourceView, rect: PixelRect, plan: SamplePlan, output: SampleOutput,
        to slot: inout MutableRawSpan
    ) {
        let format = output.format
        precondition(slot.byteCount == format.byteCount, "the slot is not one sample")
        precondition(rect.width == format.width && rect.height == format.height && view.channels == format.channels)
        view.require(rect)
        let job = SlotJob(
            offset: rect.x * view.channels - view.columnBias, firstLine: rect.y, format: format,
            isMirrored: plan.isMirrored)
        let usesImage = output.meanImage != nil && format.elementType != .uint8
        if !usesImage { fill(output, contrast: plan.contrast, illumination: plan.illumination) }
        unsafe slot.withUnsafeMutableBytes { out in
            // `require` holds what is read, and the slot has room for `format`'s elements, as checked above. Stores
            // are unaligned, since a slot may begin anywhere.
            let target = unsafe out.baseAddress.unsafelyUnwrapped
            if usesImage, let meanImage = output.meanImage {
                unsafe job.writeWithMeanImage(view, meanImage, output: output, plan: plan, to: target)
                return
            }
            switch format.elementType.byteWidth {
            case 1: unsafe job.write(view, table: bytes, to: target)
            case 2: unsafe job.write(view, table: halves, to: target)
            case 4: unsafe job.write(view, table: words, to: target)
            default: unsafe job.write(view, table: doubles, to: target)
            }
        }
    }

    private mutating func fill(_ output: SampleOutput, contrast: Float, illumination: Float) {
        let newKey = Key(
            normalisation: output.normalisation, elementType: output.format.elementType, contrast: contrast,
            illumination: illumination)
        if key == newKey { return }
        key = newKey
        bytes.removeAll(keepingCapacity: true)
        halves.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        doubles.removeAll(keepingCapacity: true)
        for channel in 0..<4 {
            let scale = ValueScale(
                output.normalisation, channel: channel, contrast: contrast, illumination: illumination)
            // Means are limited to ±10⁶ where parameters are checked; whoever makes a normalisation by hand is clamped.
            let wholeMean = Int64(max(-1e9, min(1e9, scale.mean.rounded(.toNearestOrAwayFromZero))))
            for pixel in UInt8.min...UInt8.max {
                switch output.format.elementType {
                case .uint8: bytes.append(pixel)
                case .int8: bytes.append(UInt8(bitPattern: Int8(clamping: Int64(pixel) - wholeMean)))
                case .int32: words.append(UInt32(bitPattern: Int32(Int64(pixel) - wholeMean)))
                case .int64, .uint64: doubles.append(UInt64(bitPattern: Int64(pixel) - wholeMean))
                case .float16: halves.append(Float16(scale.apply(pixel)).bitPattern)
                case .bfloat16: halves.append(bfloat16Bits(scale.apply(pixel)))
                case .float32: words.append(scale.apply(pixel).bitPattern)
                case .float64: doubles.append(Double(scale.apply(pixel)).bitPattern)
                case .bool, .uint16, .int16, .uint32: preconditionFailure("no iterator serves pixels so")
                }
            }
        }
    }
}

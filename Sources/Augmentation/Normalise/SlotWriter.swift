internal import DataTypes

/// The last step of a sample: swaps BGR to RGB, mirrors, normalises, converts and lays out, row by row into the slot.
///
/// Without a mean image every output value depends on a byte and a channel alone. Most are computed once for each of the
/// 256 bytes and then looked up, which makes all element types and layouts one loop; the most frequent ones have ways of
/// their own. Follows MXNet 1.9.1 `src/io/iter_image_recordio_2.cc` and `iter_normalize.h`.
struct SlotWriter: ~Copyable {
    /// What the table below is filled for.
    private struct Key: Equatable {
        let normalisation: Normalisation
        let elementType: ElementType
        let contrast: Float
        let illumination: Float
    }
    private let kernels: RowKernels
    private var key: Key?
    /// 256 values for each of red (or gray), green, blue, alpha, as bits of the element type, eight bytes apart or less.
    private var table: [UInt64] = Array(repeating: 0, count: 4 * 256)
    /// One row of planes.
    private var scratch: [UInt8] = []

    init(kernels: RowKernels) { self.kernels = kernels }

    /// Writes `rect` of `view` to one slot.
    ///
    /// - Parameters:
    ///   - rect: of the size of the slot.
    ///   - slot: exactly one sample.
    mutating func write(
        _ view: SourceView, rect: PixelRect, plan: SamplePlan, output: SampleOutput, to slot: inout MutableRawSpan
    ) {
        precondition(rect.width == output.format.width && rect.height == output.format.height)
        precondition(view.channels == output.format.channels)
        view.require(rect)
        let offset = rect.x * view.channels - view.columnBias
        let kernels = kernels
        write(plan: plan, output: output, to: &slot) { rows in
            for y in 0..<rect.height {
                // `require` holds the source row; the sample has as many planes as the view channels.
                unsafe kernels.split(
                    view.row(rect.y + y) + offset, channels: view.channels, isMirrored: plan.isMirrored,
                    count: rect.width, to: rows.planes(ofRow: y), stride: rows.planeStride)
                rows.finishRow(y)
            }
        }
    }

    /// Lends the rows of one slot to `body`, which writes and finishes every one of them.
    ///
    /// - Parameter slot: exactly one sample.
    mutating func write(
        plan: SamplePlan, output: SampleOutput, to slot: inout MutableRawSpan, _ body: (SampleRows) -> Void
    ) {
        var format = output.format
        precondition(slot.byteCount == format.byteCount, "the slot is not one sample")
        // One channel lies the same in both layouts.
        if format.channels == 1 { format.layout = .channelsFirst }
        ResampleRows.grow(&scratch, to: format.width * format.channels)
        let usesImage = output.meanImage != nil && format.elementType != .uint8
        let isPlanar = format.layout == .channelsFirst
        let isScaled =
            isPlanar && format.elementType == .float32 && output.normalisation.formula == .version2
        if !usesImage && !isScaled && format.elementType != .uint8 { fill(output, plan) }
        unsafe table.withUnsafeBytes { table in
            unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                unsafe slot.withUnsafeMutableBytes { bytes in
                    let conversion: SampleRows.Conversion =
                        if format.elementType == .uint8 {
                            isPlanar ? .none : .join
                        } else if usesImage, let image = output.meanImage {
                            .subtract(image, Self.scales(output, plan))
                        } else if isScaled {
                            .scale(Self.scales(output, plan))
                        } else {
                            unsafe .look(table.baseAddress.unsafelyUnwrapped)
                        }
                    // The slot is one sample, as checked above, `grow` made room for a row, and neither is empty.
                    unsafe body(
                        SampleRows(
                            format: format, kernels: kernels, isMirrored: plan.isMirrored, conversion: conversion,
                            slot: bytes.baseAddress.unsafelyUnwrapped, scratch: scratch.baseAddress.unsafelyUnwrapped))
                }
            }
        }
        if isScaled { kernels.finish() }
    }

    private static func scales(_ output: SampleOutput, _ plan: SamplePlan) -> [4 of ValueScale] {
        InlineArray { channel in
            ValueScale(
                output.normalisation, channel: channel, contrast: plan.contrast, illumination: plan.illumination)
        }
    }

    private mutating func fill(_ output: SampleOutput, _ plan: SamplePlan) {
        let newKey = Key(
            normalisation: output.normalisation, elementType: output.format.elementType, contrast: plan.contrast,
            illumination: plan.illumination)
        if key == newKey { return }
        key = newKey
        let scales = Self.scales(output, plan)
        let type = output.format.elementType
        unsafe table.withUnsafeMutableBytes { table in
            for channel in 0..<4 {
                for pixel in UInt8.min...UInt8.max {
                    let place = (256 * channel + Int(pixel)) * type.byteWidth
                    let bits = Self.bits(pixel, scale: scales[channel], type: type)
                    // No element is wider than the eight bytes that the table has for each of the 1024.
                    switch type.byteWidth {
                    case 1:
                        unsafe table.storeBytes(
                            of: UInt8(truncatingIfNeeded: bits), toByteOffset: place, as: UInt8.self)
                    case 2:
                        unsafe table.storeBytes(
                            of: UInt16(truncatingIfNeeded: bits), toByteOffset: place, as: UInt16.self)
                    case 4:
                        unsafe table.storeBytes(
                            of: UInt32(truncatingIfNeeded: bits), toByteOffset: place, as: UInt32.self)
                    default: unsafe table.storeBytes(of: bits, toByteOffset: place, as: UInt64.self)
                    }
                }
            }
        }
    }

    /// The element for a pixel, its bits in the low end.
    private static func bits(_ pixel: UInt8, scale: ValueScale, type: ElementType) -> UInt64 {
        // Means are limited to ±10⁶ where parameters are checked; whoever makes a normalisation by hand is clamped.
        let wholeMean = Int64(max(-1e9, min(1e9, scale.mean.rounded(.toNearestOrAwayFromZero))))
        let whole = Int64(pixel) - wholeMean
        return switch type {
        case .uint8: UInt64(pixel)
        case .int8: UInt64(UInt8(bitPattern: Int8(clamping: whole)))
        case .int32, .int64, .uint64: UInt64(bitPattern: whole)
        case .float16: UInt64(Float16(scale.apply(pixel)).bitPattern)
        case .bfloat16: UInt64(bfloat16Bits(scale.apply(pixel)))
        case .float32: UInt64(scale.apply(pixel).bitPattern)
        case .float64: Double(scale.apply(pixel)).bitPattern
        case .bool, .uint16, .int16, .uint32: preconditionFailure("no iterator serves pixels so")
        }
    }
}

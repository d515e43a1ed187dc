#if arch(x86_64)
    internal import CKernels
#endif

/// The arithmetic on one row of pixels, in the widest instructions that this processor has.
///
/// This is the one place that chooses: every kernel exists in Swift, and some exist again in C for instruction sets that
/// Swift can only use for a whole program. Results are the same to the bit.
///
/// Rows of pixels are read as they are decoded, gray, BGR or BGRA; planes are in a sample's order, gray, RGB or RGBA,
/// and already mirrored. Memory that a caller passes need not be aligned.
package struct RowKernels: Sendable, Hashable {
    package enum Level: String, Sendable { case portable, avx2 }

    package let level: Level

    package static let portable = RowKernels(level: .portable)
    /// The best that this processor has.
    package static let best = RowKernels(level: isAVX2Usable ? .avx2 : .portable)
    /// All that this processor has.
    package static let usable = isAVX2Usable ? [portable, best] : [portable]

    private static var isAVX2Usable: Bool {
        #if arch(x86_64)
            ckernels_has_avx2()
        #else
            false
        #endif
    }

    /// Horizontal step of a linear resize of one row: sixteenths of `left·first + right·second`, all that the vertical
    /// step looks at.
    ///
    /// - Parameters:
    ///   - line: `columns` were made for rows like it.
    ///   - planes: a plane a channel, `stride` elements apart, each with room for `columns.paddedCount`.
    @unsafe
    func resize(
        _ line: UnsafePointer<UInt8>, columns: LinearColumns.Memory, to planes: UnsafeMutablePointer<Int16>, stride: Int
    ) {
        // Both arrays have an element or two for each column, and offsets lie in the row: `LinearColumns` says so.
        switch unsafe columns.channels {
        case 3:
            #if arch(x86_64)
                if level == .avx2 {
                    unsafe ckernels_linear_avx2(
                        line, columns.offsets, columns.weights, columns.paddedCount, planes, stride)
                    return
                }
            #endif
            unsafe PortableRows.resize3(line, columns, to: planes, stride: stride)
        case 4: unsafe PortableRows.resize4(line, columns, to: planes, stride: stride)
        default: unsafe PortableRows.resize1(line, columns, to: planes)
        }
    }

    /// Vertical step of a linear resize, of one plane.
    ///
    /// - Parameter weights: of the upper and the lower row, scaled by 2048.
    @unsafe
    func blend(
        _ upper: UnsafePointer<Int16>, _ lower: UnsafePointer<Int16>, weights: (Int16, Int16), count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        #if arch(x86_64)
            if level == .avx2 {
                unsafe ckernels_blend_avx2(upper, lower, weights.0, weights.1, count, target)
                return
            }
        #endif
        unsafe PortableRows.blend(upper, lower, weights: weights, count: count, to: target)
    }

    /// Splits pixels into planes, `stride` bytes apart.
    @unsafe
    func split(
        _ line: UnsafePointer<UInt8>, channels: Int, isMirrored: Bool, count: Int,
        to planes: UnsafeMutablePointer<UInt8>, stride: Int
    ) {
        #if arch(x86_64)
            if level == .avx2, channels == 3 {
                unsafe ckernels_split_avx2(line, count, isMirrored, planes, planes + stride, planes + 2 * stride)
                return
            }
        #endif
        unsafe PortableRows.split(
            line, channels: channels, isMirrored: isMirrored, count: count, to: planes, stride: stride)
    }

    /// Joins planes, `stride` bytes apart, to pixels of `channels` bytes in the planes' order.
    @unsafe
    func join(
        _ planes: UnsafePointer<UInt8>, stride: Int, channels: Int, count: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        #if arch(x86_64)
            if level == .avx2, channels == 3 {
                unsafe ckernels_join_avx2(planes, planes + stride, planes + 2 * stride, count, target)
                return
            }
        #endif
        unsafe PortableRows.join(planes, stride: stride, channels: channels, count: count, to: target)
    }

    /// `(value − mean)·first + second`, each operation rounded to `Float`, stored at any address. `finish` must follow
    /// before another thread may read the values.
    @unsafe
    func scale(
        _ values: UnsafePointer<UInt8>, mean: Float, first: Float, second: Float, count: Int,
        to target: UnsafeMutableRawPointer
    ) {
        #if arch(x86_64)
            if level == .avx2 {
                unsafe ckernels_scale_avx2(values, mean, first, second, count, target)
                return
            }
        #endif
        unsafe PortableRows.scale(values, mean: mean, first: first, second: second, count: count, to: target)
    }

    /// Ends a sample whose values were scaled.
    func finish() {
        #if arch(x86_64)
            if level == .avx2 { ckernels_finish() }
        #endif
    }
}

internal import DataTypes

/// Shifts hue, lightness and saturation of a BGR image, in place. A shift of 0 still loses precision.
///
/// Follows MXNet 1.9.1 `src/io/image_aug_default.cc`: shifted values are clamped, the hue to 0…180 too unless
/// `wrapsHue`.
enum HLSShift {
    static func run(_ shift: SamplePlan.HLSShift, on image: inout PixelBuffer) {
        precondition(image.channels == 3)
        let count = image.width * image.height
        var pixels = image.mutablePixels
        var start = 0
        while start < count {
            // Beyond the last pixel the last is computed again, and not written.
            let lanes = min(4, count &- start)
            var (b, g, r) = (HLS.Values(), HLS.Values(), HLS.Values())
            for lane in 0..<4 {
                let index = 3 &* (start &+ min(lane, lanes &- 1))
                // Three values a pixel, so the last index is `3·count − 1`.
                unsafe b[lane] = Float(pixels[unchecked: index])
                unsafe g[lane] = Float(pixels[unchecked: index &+ 1])
                unsafe r[lane] = Float(pixels[unchecked: index &+ 2])
            }
            let (hue, lightness, saturation) = HLS.fromBGR(b, g, r)
            (b, g, r) = HLS.toBGR(
                move(hue, by: shift.hue, wraps: shift.wrapsHue), move(lightness, by: shift.lightness, upTo: 255),
                move(saturation, by: shift.saturation, upTo: 255))
            for lane in 0..<lanes {
                let index = 3 &* (start &+ lane)
                // As above; the values are whole numbers 0…255.
                unsafe pixels[unchecked: index] = roundedByte(b[lane])
                unsafe pixels[unchecked: index &+ 1] = roundedByte(g[lane])
                unsafe pixels[unchecked: index &+ 2] = roundedByte(r[lane])
            }
            start &+= 4
        }
    }

    @inline(__always)
    private static func move(_ values: HLS.Values, by shift: Int, upTo limit: Float) -> HLS.Values {
        HLS.clamp(values + Float(shift), to: limit)
    }

    @inline(__always)
    private static func move(_ hue: HLS.Values, by shift: Int, wraps: Bool) -> HLS.Values {
        guard wraps else { return move(hue, by: shift, upTo: 180) }
        // A shift is at most half a turn, so once round is enough.
        let moved = hue + Float(shift)
        return moved.replacing(with: moved + 180, where: moved .< 0).replacing(with: moved - 180, where: moved .>= 180)
    }
}

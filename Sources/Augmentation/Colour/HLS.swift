/// Hue, lightness and saturation in 8 bits, as OpenCV 3.4 `modules/imgproc/src/color.cpp` has them: hue 0…180 is a full
/// turn, the others 0…255. Bit-identical both ways.
///
/// Four pixels at a time, all branches computed and selected from: which one a pixel takes is next to random, and a
/// processor that guesses wrong loses more than the arithmetic costs.
enum HLS {
    typealias Values = SIMD4<Float>

    /// Whole numbers 0…255 of four pixels to hue, lightness and saturation.
    @inline(__always)
    static func fromBGR(_ blue: Values, _ green: Values, _ red: Values) -> (Values, Values, Values) {
        let unit: Float = 1 / 255
        let (b, g, r) = (blue * unit, green * unit, red * unit)
        let high = larger(r, larger(g, b))
        let low = smaller(r, smaller(g, b))
        let difference = high - low
        let total = high + low
        let lightness = total * 0.5
        let zero = Values(repeating: 0)
        let isGray = difference .<= Float.ulpOfOne
        // 2 − (high + low): taking one away after the other rounds differently.
        let divisor = (2 - total).replacing(with: total, where: lightness .< 0.5)
        let saturation = (difference / divisor).replacing(with: zero, where: isGray)
        let slope = 60 / difference
        var hue = (r - g) * slope + 240
        hue = hue.replacing(with: (b - r) * slope + 120, where: high .== g)
        hue = hue.replacing(with: (g - b) * slope, where: high .== r)
        hue = hue.replacing(with: hue + 360, where: hue .< 0)
        hue = hue.replacing(with: zero, where: isGray)
        return (rounded(hue * 0.5), rounded(lightness * 255), rounded(saturation * 255))
    }

    /// The way back.
    @inline(__always)
    static func toBGR(_ hue: Values, _ lightness: Values, _ saturation: Values) -> (Values, Values, Values) {
        let unit: Float = 1 / 255
        let turn: Float = 6 / 180
        let l = lightness * unit
        let s = saturation * unit
        let second = (l + s - l * s).replacing(with: l * (1 + s), where: l .<= 0.5)
        let low = 2 * l - second
        var position = hue * turn
        position = position.replacing(with: position - 6, where: position .>= 6)
        // Sector 0…5 of the circle, which is `position` rounded down.
        var sector = Values(repeating: 0)
        for edge in 1...5 {
            sector = sector.replacing(with: Values(repeating: Float(edge)), where: position .>= Float(edge))
        }
        let fraction = position - sector
        let falling = low + (second - low) * (1 - fraction)
        let rising = low + (second - low) * fraction
        let (from1, from2, from3) = (position .>= 1, position .>= 2, position .>= 3)
        let (from4, from5) = (position .>= 4, position .>= 5)
        let b = low.replacing(with: rising, where: from2).replacing(with: second, where: from3)
            .replacing(with: falling, where: from5)
        let g = rising.replacing(with: second, where: from1).replacing(with: falling, where: from3)
            .replacing(with: low, where: from4)
        let r = second.replacing(with: falling, where: from1).replacing(with: low, where: from2)
            .replacing(with: rising, where: from4).replacing(with: second, where: from5)
        return (rounded(b * 255), rounded(g * 255), rounded(r * 255))
    }

    /// Values below 0 become 0, those above `limit` become `limit`.
    @inline(__always)
    static func clamp(_ values: Values, to limit: Float) -> Values {
        smaller(larger(values, Values(repeating: 0)), Values(repeating: limit))
    }

    /// Rounded half to even and clamped to 0…255. See `roundedByte`.
    @inline(__always)
    private static func rounded(_ values: Values) -> Values {
        (clamp(values, to: 255) + 8_388_608) - 8_388_608
    }

    // The standard library's `pointwiseMax` and `clamped` are calls that go lane by lane.

    @inline(__always)
    private static func larger(_ left: Values, _ right: Values) -> Values {
        left.replacing(with: right, where: right .> left)
    }

    @inline(__always)
    private static func smaller(_ left: Values, _ right: Values) -> Values {
        left.replacing(with: right, where: right .< left)
    }
}

/// `value` rounded to the nearest whole number, half to even, and clamped to 0…255. Not a number gives 0.
///
/// Adding 2²³ leaves the rounded number in the low bits of the sum. The obvious `rounded()` is a library call on x86-64
/// without SSE4.1, and keeps loops from being vectorised.
@inline(__always)
func roundedByte(_ value: Float) -> UInt8 {
    // This order of the comparisons sends NaN to 0.
    let low = value > 0 ? value : 0
    let clamped = low < 255 ? low : 255
    return UInt8(truncatingIfNeeded: (clamped + 8_388_608).bitPattern)
}

/// `value` clamped to 0…255.
@inline(__always)
func clampedByte(_ value: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, value)))
}

/// `value` rounded down. `rounded(.down)` is a library call, as said above.
///
/// - Precondition: `Int` holds it.
@inline(__always)
func roundedDown(_ value: Float) -> Float {
    let cut = Float(Int(value))
    return cut > value ? cut - 1 : cut
}

/// `value` rounded to the nearest whole number, half to even; for less than 2²² on either side of 0.
@inline(__always)
func roundedToEven(_ value: Float) -> Float {
    // At this height a `Float` has no fraction.
    value + 12_582_912 - 12_582_912
}

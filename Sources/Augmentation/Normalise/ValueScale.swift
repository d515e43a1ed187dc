/// Normalisation of one channel of one sample: its constants and the formula.
struct ValueScale: Equatable {
    let formula: Normalisation.Formula
    let mean: Float
    let first: Float
    let second: Float
    let scale: Float
    let deviation: Float

    init(_ normalisation: Normalisation, channel: Int, contrast: Float, illumination: Float) {
        formula = normalisation.formula
        mean = normalisation.mean[channel]
        deviation = normalisation.deviation[channel]
        scale = normalisation.scale
        switch formula {
        case .version2:
            first = contrast * scale / deviation
            second = illumination * scale / deviation
        case .version1, .detection:
            first = contrast
            second = illumination
        }
    }

    /// The value of a pixel; `mean` takes the place of the channel's when there is a mean image.
    @inline(__always)
    func apply(_ pixel: UInt8, mean: Float) -> Float {
        let difference = Float(pixel) - mean
        return switch formula {
        case .version2: difference * first + second
        case .version1: (difference * first + second) * scale / deviation
        case .detection: difference / deviation * scale
        }
    }

    @inline(__always)
    func apply(_ pixel: UInt8) -> Float { apply(pixel, mean: mean) }
}

/// What a resize comes to, which depends on the sizes too.
enum ResizeMethod: Equatable {
    case copy
    case blocks(width: Int, height: Int)
    case cells
    case nearest
    /// Two taps.
    case linear(AxisTable.Key.Rule)
    /// Four or eight taps.
    case wide(AxisTable.Key.Rule)

    init(_ kernel: Interpolation, from source: (width: Int, height: Int), to target: (width: Int, height: Int)) {
        if source == target {
            self = .copy
            return
        }
        let factorX = Self.factor(source.width, target.width)
        let factorY = Self.factor(source.height, target.height)
        let isWhole = Self.isWhole(factorX) && Self.isWhole(factorY)
        switch kernel {
        case .linear where isWhole && factorX.rounded() == 2 && factorY.rounded() == 2, .area where isWhole:
            self = .blocks(width: Int(factorX.rounded()), height: Int(factorY.rounded()))
        case .area where factorX >= 1 && factorY >= 1: self = .cells
        case .nearest: self = .nearest
        case .linear: self = .linear(.linear)
        case .area: self = .linear(.areaLinear)
        case .cubic: self = .wide(.cubic)
        case .lanczos4: self = .wide(.lanczos4)
        }
    }

    /// The part of a target pixel that each source pixel of its block makes.
    static func share(from source: (width: Int, height: Int), to target: (width: Int, height: Int)) -> Float {
        Float(1 / (factor(source.width, target.width) * factor(source.height, target.height)))
    }

    /// Source pixels a target pixel, as the reference computes it.
    private static func factor(_ source: Int, _ target: Int) -> Double { 1 / (Double(target) / Double(source)) }

    /// A whole number of source pixels makes one target pixel.
    private static func isWhole(_ factor: Double) -> Bool {
        factor >= 1 && abs(factor - factor.rounded()) < Double.ulpOfOne
    }
}

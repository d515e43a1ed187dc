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
        let whole = PixelRect(width: source.width, height: source.height)
        self.init(kernel, from: PixelArea(whole, reduction: 1, from: whole), to: target, isReduced: false)
    }

    /// - Parameter isReduced: the source's edges may lie between pixels, which only tables of weights know of.
    init(_ kernel: Interpolation, from source: PixelArea, to target: (width: Int, height: Int), isReduced: Bool) {
        if !isReduced && source.width == Double(target.width) && source.height == Double(target.height) {
            self = .copy
            return
        }
        let factorX = Self.factor(source.width, target.width)
        let factorY = Self.factor(source.height, target.height)
        let isWhole = !isReduced && Self.isWhole(factorX) && Self.isWhole(factorY)
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
        Float(1 / (factor(Double(source.width), target.width) * factor(Double(source.height), target.height)))
    }

    /// Source pixels a target pixel, as the reference computes it.
    private static func factor(_ source: Double, _ target: Int) -> Double { 1 / (Double(target) / source) }

    /// A whole number of source pixels makes one target pixel.
    private static func isWhole(_ factor: Double) -> Bool {
        factor >= 1 && abs(factor - factor.rounded()) < Double.ulpOfOne
    }
}

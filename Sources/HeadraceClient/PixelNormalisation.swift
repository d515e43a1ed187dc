internal import DataTypes

/// What is left to do to the pixels of a stream that was opened with `wire` `"uint8"`: they come as bytes.
public struct PixelNormalisation: Sendable, Hashable {
    /// The number format that the stream's parameters ask for, as NumPy names it.
    public let dtype: String
    /// Per channel, in pixel values.
    public let mean: [Float]
    /// Likewise, above 0.
    public let std: [Float]
    /// A factor on all.
    public let scale: Float
    /// In which order they are combined. The orders differ in last bits only.
    public let formula: String
    private let order: DeferredNormalisation.Formula

    init(_ deferred: DeferredNormalisation) {
        dtype = deferred.dtype
        mean = deferred.mean.map { Float($0) }
        std = deferred.std.map { Float($0) }
        scale = Float(deferred.scale)
        formula = deferred.formula.rawValue
        order = deferred.formula
    }

    /// The value of a byte, to the bit what the server would have sent as `float32`.
    ///
    /// - Parameter channel: below `mean.count`.
    public func value(of pixel: UInt8, channel: Int) -> Float {
        let difference = Float(pixel) - mean[channel]
        return switch order {
        case .scaleOverDeviation: difference * (scale / std[channel]) + 0 * scale / std[channel]
        case .scaleThenDeviation: difference * scale / std[channel]
        case .deviationThenScale: difference / std[channel] * scale
        }
    }
}

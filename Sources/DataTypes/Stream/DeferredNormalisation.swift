/// Arithmetic on a stream's one data tensor that is left to whoever receives it: it comes as bytes, which are fewer to move.
package struct DeferredNormalisation: Codable, Sendable, Hashable {
    /// In which order the constants are combined. Every operation rounds to `float32`, so the order decides last bits.
    package enum Formula: String, Codable, Sendable, Hashable {
        case scaleOverDeviation = "(x-mean)*(scale/std)"
        case scaleThenDeviation = "(x-mean)*scale/std"
        case deviationThenScale = "(x-mean)/std*scale"
    }

    /// Of the values, as NumPy names it.
    package var dtype: String
    /// Per channel of the tensor's axis `C`, in pixel values. Like the other numbers, one that `float32` holds exactly.
    package var mean: [Double]
    /// Likewise, above 0.
    package var std: [Double]
    package var scale: Double
    package var formula: Formula

    package init(
        elementType: ElementType, mean: [Float], std: [Float], scale: Float, formula: Formula
    ) {
        dtype = elementType.rawValue
        self.mean = mean.map(Double.init)
        self.std = std.map(Double.init)
        self.scale = Double(scale)
        self.formula = formula
    }
}

/// Whether a JPEG is decoded to its exact pixels, or near enough for less work. Other formats are always exact.
package enum DecodePrecision: Sendable, Hashable {
    case exact
    /// Approximate pixels; the sides of the picture are divided by `reduction`, 1, 2, 4 or 8, and rounded up.
    ///
    /// Reducing averages: a pixel of the result is what the `reduction × reduction` pixels in its place amount to.
    case fast(reduction: Int)

    var reduction: Int {
        switch self {
        case .exact: 1
        case .fast(let reduction): reduction
        }
    }

    /// The size that a picture of this size has when it is decoded.
    func reduced(_ size: (width: Int, height: Int)) -> (width: Int, height: Int) {
        ((size.width + reduction - 1) / reduction, (size.height + reduction - 1) / reduction)
    }
}

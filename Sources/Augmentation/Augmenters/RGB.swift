/// Three values, one for each colour.
package struct RGB: Sendable, Hashable {
    package var red: Float
    package var green: Float
    package var blue: Float

    package init(_ red: Float, _ green: Float, _ blue: Float) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// The same value three times.
    package init(all value: Float) { self.init(value, value, value) }

    /// Weights of a colour's brightness, as MXNet's jitter has them.
    static let luma = RGB(0.299, 0.587, 0.114)

    func dot(_ other: RGB) -> Float { red * other.red + green * other.green + blue * other.blue }
}

internal import Glibc

/// A new colour from an old one: each row gives one channel of the result.
package struct ColourMatrix: Sendable, Hashable {
    package var red: RGB
    package var green: RGB
    package var blue: RGB

    package init(red: RGB, green: RGB, blue: RGB) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Every channel becomes the brightness. Weights of MXNet 1.9.1 `RandomGrayAug`.
    static let gray = ColourMatrix(
        red: RGB(0.21, 0.72, 0.07), green: RGB(0.21, 0.72, 0.07), blue: RGB(0.21, 0.72, 0.07))

    /// Turns the hue: to the YIQ colour space, a rotation by π·`turn` there, and back. Matrices of MXNet 1.9.1
    /// `HueJitterAug`, which are no exact inverses of each other: a turn of 0 changes colours by about a thousandth.
    init(hueTurn turn: Float) {
        let toYIQ = ColourMatrix(
            red: RGB(0.299, 0.587, 0.114), green: RGB(0.596, -0.274, -0.321), blue: RGB(0.211, -0.523, 0.311))
        let fromYIQ = ColourMatrix(
            red: RGB(1, 0.956, 0.621), green: RGB(1, -0.272, -0.647), blue: RGB(1, -1.107, 1.705))
        let angle = Double(turn) * Double.pi
        let (c, s) = (Float(cos(angle)), Float(sin(angle)))
        let rotation = ColourMatrix(red: RGB(1, 0, 0), green: RGB(0, c, -s), blue: RGB(0, s, c))
        self = fromYIQ.times(rotation).times(toYIQ)
    }

    /// The matrix that does `other` first and then this.
    func times(_ other: ColourMatrix) -> ColourMatrix {
        func row(_ row: RGB) -> RGB {
            RGB(
                row.dot(RGB(other.red.red, other.green.red, other.blue.red)),
                row.dot(RGB(other.red.green, other.green.green, other.blue.green)),
                row.dot(RGB(other.red.blue, other.green.blue, other.blue.blue)))
        }
        return ColourMatrix(red: row(red), green: row(green), blue: row(blue))
    }

    package func apply(_ colour: RGB) -> RGB { RGB(red.dot(colour), green.dot(colour), blue.dot(colour)) }
}

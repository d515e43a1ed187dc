internal import DataTypes

/// Colours the border of an image.
enum BorderPaint {
    /// - Parameters:
    ///   - fill: whole numbers 0…255.
    ///   - image: three channels, blue first, the border included.
    static func run(_ border: PixelBorder, _ fill: RGB, on image: inout PixelBuffer) {
        let (width, height) = (image.width, image.height)
        let (red, green, blue) = (UInt8(fill.red), UInt8(fill.green), UInt8(fill.blue))
        let columns = border.left..<width - border.right
        let lines = border.top..<height - border.bottom
        var pixels = image.mutablePixels
        for y in 0..<height {
            var x = 0
            while x < width {
                if x == columns.lowerBound, lines.contains(y) { x = columns.upperBound }
                guard x < width else { break }
                let start = (y * width + x) * 3
                pixels[start] = blue
                pixels[start + 1] = green
                pixels[start + 2] = red
                x += 1
            }
        }
    }
}

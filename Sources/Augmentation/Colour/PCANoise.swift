internal import DataTypes

/// Adds one colour to every pixel of a BGR image, in place.
///
/// Follows MXNet 1.9.1 `src/io/image_aug_default.cc`: the sum is cut to a whole number, not rounded.
enum PCANoise {
    static func run(_ noise: SamplePlan.Noise, on image: inout PixelBuffer) {
        precondition(image.channels == 3)
        let count = image.width * image.height
        let offsets: [3 of Float] = [noise.blue, noise.green, noise.red]
        var pixels = image.mutablePixels
        for channel in 0..<3 {
            var table: [256 of UInt8] = .init(repeating: 0)
            for value in table.indices {
                table[value] = UInt8(max(0, min(255, Float(value) + offsets[channel])))
            }
            for pixel in 0..<count {
                let index = 3 &* pixel &+ channel
                // Three values a pixel, so the last index is `3·count − 1`; a byte is an index below 256.
                unsafe pixels[unchecked: index] = table[unchecked: Int(pixels[unchecked: index])]
            }
        }
    }
}

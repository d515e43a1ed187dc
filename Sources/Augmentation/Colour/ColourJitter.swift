internal import DataTypes

/// Brightness, contrast and saturation of a BGR image, in place.
///
/// Follows MXNet 1.9.1 `src/io/image_aug_default.cc`, including its gray: the weight of red is given to blue and the
/// other way round, since its conversion takes BGR for RGB.
enum ColourJitter {
    static func run(_ jitter: SamplePlan.Jitter, on image: inout PixelBuffer) {
        precondition(image.channels == 3)
        apply(jitter.first, of: jitter, on: &image)
        apply(jitter.second, of: jitter, on: &image)
        apply(jitter.third, of: jitter, on: &image)
    }

    private static func apply(
        _ operation: SamplePlan.Jitter.Operation, of jitter: SamplePlan.Jitter, on image: inout PixelBuffer
    ) {
        switch operation {
        case .brightness: mapValues(&image, factor: jitter.brightness, offset: 0)
        case .contrast:
            mapValues(&image, factor: jitter.contrast, offset: (1 - jitter.contrast) * meanGray(image))
        case .saturation: saturate(&image, factor: jitter.saturation)
        }
    }

    /// `factor·value + offset` for every value. The 256 results are computed once.
    static func mapValues(_ image: inout PixelBuffer, factor: Float, offset: Float) {
        var table: [256 of UInt8] = .init(repeating: 0)
        for value in table.indices { table[value] = roundedByte(Float(value) * factor + offset) }
        var pixels = image.mutablePixels
        for index in pixels.indices {
            // A byte is an index below 256, and `index` comes from the span itself.
            unsafe pixels[unchecked: index] = table[unchecked: Int(pixels[unchecked: index])]
        }
    }

    static func meanGray(_ image: borrowing PixelBuffer) -> Float {
        let pixels = image.pixels
        let count = image.width * image.height
        var sum = 0
        for pixel in 0..<count {
            // Three values a pixel, so the last index is `3·count − 1`.
            unsafe sum &+= Int(
                gray(
                    pixels[unchecked: 3 &* pixel], pixels[unchecked: 3 &* pixel &+ 1],
                    pixels[unchecked: 3 &* pixel &+ 2]))
        }
        return Float(Double(sum) * (1 / Double(count)))
    }

    private static func saturate(_ image: inout PixelBuffer, factor: Float) {
        let count = image.width * image.height
        let rest = 1 - factor
        var pixels = image.mutablePixels
        for pixel in 0..<count {
            let index = 3 &* pixel
            // Three values a pixel, so the last index is `3·count − 1`.
            let (b, g, r) = unsafe (
                pixels[unchecked: index], pixels[unchecked: index &+ 1], pixels[unchecked: index &+ 2]
            )
            let part = Float(gray(b, g, r)) * rest
            unsafe pixels[unchecked: index] = roundedByte(Float(b) * factor + part)
            unsafe pixels[unchecked: index &+ 1] = roundedByte(Float(g) * factor + part)
            unsafe pixels[unchecked: index &+ 2] = roundedByte(Float(r) * factor + part)
        }
    }

    /// Gray of a pixel whose channels are taken for red, green and blue in this order.
    @inline(__always)
    static func gray(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int32 {
        (4899 &* Int32(first) &+ 9617 &* Int32(second) &+ 1868 &* Int32(third) &+ 8192) >> 14
    }
}

import DataTypes

@testable import Augmentation

/// An image with the given values, row by row.
func image(width: Int, height: Int, channels: Int, _ values: [UInt8]) -> PixelBuffer {
    precondition(values.count == width * height * channels)
    var result = PixelBuffer()
    result.reshape(width: width, height: height, channels: channels)
    var pixels = result.mutablePixels
    for index in values.indices { pixels[index] = values[index] }
    return result
}

/// An image of random values that depend on `seed` and the size.
func noise(width: Int, height: Int, channels: Int, seed: Int64 = 1) -> PixelBuffer {
    var random = KeyedRandom(seed: seed, epoch: UInt64(width), record: UInt64(height))
    return image(
        width: width, height: height, channels: channels,
        (0..<width * height * channels).map { _ in UInt8(truncatingIfNeeded: random.next()) })
}

/// All values of an image, row by row.
func values(_ image: borrowing PixelBuffer) -> [UInt8] {
    let pixels = image.pixels
    return pixels.indices.map { pixels[$0] }
}

/// The values of one rectangle.
func values(_ image: borrowing PixelBuffer, in rect: PixelRect) -> [UInt8] {
    let pixels = image.pixels
    var result: [UInt8] = []
    for y in rect.y..<rect.y + rect.height {
        let start = (y * image.width + rect.x) * image.channels
        for index in start..<start + rect.width * image.channels { result.append(pixels[index]) }
    }
    return result
}

/// A rectangle of an image as an image of its own.
func cut(_ source: borrowing PixelBuffer, _ rect: PixelRect) -> PixelBuffer {
    image(width: rect.width, height: rect.height, channels: source.channels, values(source, in: rect))
}

/// A random rectangle with at least one pixel.
func randomRect(width: Int, height: Int, random: inout KeyedRandom) -> PixelRect {
    let (w, h) = (random.integer(1, width), random.integer(1, height))
    return PixelRect(x: random.integer(0, width - w), y: random.integer(0, height - h), width: w, height: h)
}

/// Parameters of the default augmenter with these values given.
func parameters(
    _ given: [String: ParameterValue], channels: Int = 3, height: Int = 8, width: Int = 8
) throws(ParameterError) -> AugmentationParameters {
    let values = try ParameterValues(given, specs: AugmentationParameters.specs, iterator: "ImageRecordIter")
    return try AugmentationParameters(values, dataShape: (channels, height, width))
}

extension SampleExecutor {
    /// The bytes of one sample, in a slot that was full of something else before.
    mutating func bytes(
        _ plan: SamplePlan, _ source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0), output: SampleOutput
    ) throws(AugmentationError) -> [UInt8] {
        var slot = [UInt8](repeating: 0xAB, count: output.format.byteCount)
        var span = slot.mutableSpan
        // Any byte is a UInt8.
        var raw = unsafe span.mutableBytes
        try run(plan, source: source, origin: origin, output: output, into: &raw)
        return slot
    }
}

internal import DataTypes

/// Turns left and right of an image round, in place.
enum MirrorKernel {
    static func run(_ image: inout PixelBuffer) {
        let (width, height, channels) = (image.width, image.height, image.channels)
        var pixels = image.mutablePixels
        for y in 0..<height {
            var left = y * width * channels
            var right = left + (width - 1) * channels
            while left < right {
                for channel in 0..<channels { pixels.swapAt(left + channel, right + channel) }
                left += channels
                right -= channels
            }
        }
    }
}

package import DataTypes

extension PixelBuffer {
    /// Makes this the upright version of `source`.
    ///
    /// - Complexity: one pass; allocates only when this buffer must grow.
    package mutating func assign(_ source: borrowing PixelBuffer, turnedBy orientation: Orientation) {
        let (width, height, channels) = (source.width, source.height, source.channels)
        reshape(
            width: orientation.swapsSides ? height : width, height: orientation.swapsSides ? width : height,
            channels: channels)
        guard byteCount > 0 else { return }

        // Source pixel of the target's corner, and how it moves with a step right and a step down.
        let (right, down) = (width - 1, (height - 1) * width)
        let (first, stepX, stepY) =
            switch orientation {
            case .upright: (0, 1, width)
            case .mirrored: (right, -1, width)
            case .rotated180: (down + right, -1, -width)
            case .flippedVertically: (down, 1, -width)
            case .transposed: (0, width, 1)
            case .rotated90Clockwise: (down, -width, 1)
            case .antiTransposed: (down + right, -width, -1)
            case .rotated90CounterClockwise: (right, width, -1)
            }

        let (targetWidth, targetHeight) = (self.width, self.height)
        let input = source.pixels
        var output = mutablePixels
        // The unchecked accesses below rest on this, and on the steps above keeping within the source.
        precondition(input.count == output.count && input.count == targetWidth * targetHeight * channels)
        var target = 0
        for y in 0..<targetHeight {
            var pixel = (first + y * stepY) * channels
            for _ in 0..<targetWidth {
                if channels == 3 {
                    // The usual case without the inner loop: half the time. Both indices are those of whole pixels.
                    unsafe output[unchecked: target] = input[unchecked: pixel]
                    unsafe output[unchecked: target + 1] = input[unchecked: pixel + 1]
                    unsafe output[unchecked: target + 2] = input[unchecked: pixel + 2]
                } else {
                    for channel in 0..<channels { output[target + channel] = input[pixel + channel] }
                }
                target += channels
                pixel += stepX * channels
            }
        }
    }
}

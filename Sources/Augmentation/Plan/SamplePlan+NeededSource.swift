extension SamplePlan {
    /// The part of each intermediate image that the steps after it read.
    ///
    /// A few pixels larger than the kernels need, so that it follows from sizes alone.
    struct Needed {
        var source: PixelRect
        var resized: PixelRect
        var warped: PixelRect
        var padded: PixelRect
        /// After the enlargement by height; the one by width makes exactly the crop.
        var enlarged: PixelRect
    }

    package var neededSource: PixelRect { reduced(needed.source) }

    /// Worked out backwards from the crop.
    var needed: Needed {
        let sourceSize = PixelRect(width: sourceWidth, height: sourceHeight)
        let resizedSize = resize.map { PixelRect(width: $0.width, height: $0.height) } ?? sourceSize
        let warpedSize = affine.map { PixelRect(width: $0.width, height: $0.height) } ?? resizedSize
        let paddedSize = PixelRect(width: warpedSize.width + 2 * pad, height: warpedSize.height + 2 * pad)
        let enlargedSize = heightEnlargement.map { PixelRect(width: $0.width, height: $0.height) } ?? paddedSize
        let enlarged = widthEnlargement.map { Self.source(of: crop, from: enlargedSize, step: $0) } ?? crop
        let padded = heightEnlargement.map { Self.source(of: enlarged, from: paddedSize, step: $0) } ?? enlarged
        let warped = pad > 0 ? Self.clamp(padded, by: PixelBorder(all: pad), to: warpedSize) : padded
        // A warp may read from anywhere.
        let resized = affine == nil ? warped : resizedSize
        let source = resize.map { Self.source(of: resized, from: sourceSize, step: $0) } ?? resized
        return Needed(source: source, resized: resized, warped: warped, padded: padded, enlarged: enlarged)
    }

    /// What a resize of `image` reads for `rect` of its result, for every kernel.
    static func source(of rect: PixelRect, from image: PixelRect, step: Resize) -> PixelRect {
        let columns = range(rect.x, rect.width, source: image.width, target: step.width)
        let lines = range(rect.y, rect.height, source: image.height, target: step.height)
        return PixelRect(x: columns.lowerBound, y: lines.lowerBound, width: columns.count, height: lines.count)
    }

    private static func range(_ start: Int, _ count: Int, source: Int, target: Int) -> Range<Int> {
        let factor = Double(source) / Double(target)
        // The widest kernel reaches four pixels to one side; one more for rounding.
        let low = Int((Double(start) * factor).rounded(.down)) - 5
        let high = Int((Double(start + count) * factor).rounded(.up)) + 5
        return max(0, low)..<min(source, high)
    }

    /// What of the image lies in `rect` of the image with a border; one pixel when there is nothing.
    static func clamp(_ rect: PixelRect, by border: PixelBorder, to image: PixelRect) -> PixelRect {
        let left = min(max(rect.x - border.left, 0), image.width - 1)
        let top = min(max(rect.y - border.top, 0), image.height - 1)
        let right = max(left + 1, min(rect.x + rect.width - border.left, image.width))
        let bottom = max(top + 1, min(rect.y + rect.height - border.top, image.height))
        return PixelRect(x: left, y: top, width: right - left, height: bottom - top)
    }
}

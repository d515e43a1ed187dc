extension SamplePlan {
    /// The part of the decoded image that the plan reads: a decoder need not make the rest.
    ///
    /// A few pixels larger than the kernels need, so that it follows from sizes alone.
    package var neededSource: PixelRect {
        let whole = PixelRect(width: sourceWidth, height: sourceHeight)
        if affine != nil { return whole }
        let resized = resize.map { PixelRect(width: $0.width, height: $0.height) } ?? whole
        let padded = PixelRect(width: resized.width + 2 * pad, height: resized.height + 2 * pad)
        let enlarged = heightEnlargement.map { PixelRect(width: $0.width, height: $0.height) } ?? padded
        var rect = crop
        if let widthEnlargement { rect = Self.source(of: rect, from: enlarged, step: widthEnlargement) }
        if let heightEnlargement { rect = Self.source(of: rect, from: padded, step: heightEnlargement) }
        if pad > 0 { rect = Self.clamp(rect, by: pad, to: resized) }
        if let resize { rect = Self.source(of: rect, from: whole, step: resize) }
        return rect
    }

    /// What a resize of `image` reads for `rect` of its result, for every kernel.
    private static func source(of rect: PixelRect, from image: PixelRect, step: Resize) -> PixelRect {
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
    private static func clamp(_ rect: PixelRect, by pad: Int, to image: PixelRect) -> PixelRect {
        let left = min(max(rect.x - pad, 0), image.width - 1)
        let top = min(max(rect.y - pad, 0), image.height - 1)
        let right = max(left + 1, min(rect.x + rect.width - pad, image.width))
        let bottom = max(top + 1, min(rect.y + rect.height - pad, image.height))
        return PixelRect(x: left, y: top, width: right - left, height: bottom - top)
    }
}

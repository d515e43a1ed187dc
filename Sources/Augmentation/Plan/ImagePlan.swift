/// A plan that begins with a decoded image, perhaps a reduced one, and perhaps a resize of the whole of it.
package protocol ImagePlan {
    /// The size of the image that the plan begins with, before it is reduced.
    var sourceWidth: Int { get set }
    var sourceHeight: Int { get set }
    var reduction: Int { get set }
    var resize: SamplePlan.Resize? { get set }
    /// The resize that reads the decoded image, and what of the image it reads; nil: something else reads it.
    var firstResize: (part: PixelRect, resize: SamplePlan.Resize)? { get }
    /// The part of the decoded image that the plan reads, in its pixels: a decoder need not make the rest.
    var neededSource: PixelRect { get }
}

extension ImagePlan {
    /// The size after the resize.
    package var resizedSize: (width: Int, height: Int) {
        resize.map { ($0.width, $0.height) } ?? (sourceWidth, sourceHeight)
    }

    /// The largest reduction that leaves the first resize a pixel of the image for each that it makes, in both directions.
    package var largestReduction: Int {
        guard let (part, resize) = firstResize else { return 1 }
        return [8, 4, 2].first { part.width >= $0 * resize.width && part.height >= $0 * resize.height } ?? 1
    }

    /// What of the reduced image is read where `needed` is read of the whole one.
    func reduced(_ needed: PixelRect) -> PixelRect {
        guard reduction > 1 else { return needed }
        let whole = PixelRect(width: sourceWidth, height: sourceHeight).reduced(by: reduction)
        let inner = needed.reduced(by: reduction)
        // `needed` has the pixels that kernels read around a place, but as pixels of the whole image.
        let (left, top) = (max(0, inner.x - 5), max(0, inner.y - 5))
        return PixelRect(
            x: left, y: top, width: min(whole.width, inner.x + inner.width + 5) - left,
            height: min(whole.height, inner.y + inner.height + 5) - top)
    }

    /// Makes this the plan for the image that its resize gives.
    package mutating func beginBehindResize() {
        (sourceWidth, sourceHeight) = resizedSize
        resize = nil
    }
}

extension SamplePlan: ImagePlan {
    package var firstResize: (part: PixelRect, resize: Resize)? {
        if let resize { return (PixelRect(width: sourceWidth, height: sourceHeight), resize) }
        guard affine == nil, pad == 0, heightEnlargement == nil, widthEnlargement == nil else { return nil }
        return cropResize.map { (crop, $0) }
    }
}

extension DetectionPlan: ImagePlan {
    package var firstResize: (part: PixelRect, resize: SamplePlan.Resize)? {
        if let resize { return (PixelRect(width: sourceWidth, height: sourceHeight), resize) }
        guard !isMirrored, hlsShift == nil, contrast == nil, border == nil else { return nil }
        return fit.map { (crop, $0) }
    }
}

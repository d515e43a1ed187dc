extension DetectionPlan {
    /// What the crop shows of the resized image, and where that lies before the image is mirrored.
    var visible: (mirrored: PixelRect, stored: PixelRect) {
        let width = resize?.width ?? sourceWidth
        let size = PixelRect(width: width, height: resize?.height ?? sourceHeight)
        let mirrored = border.map { SamplePlan.clamp(crop, by: $0, to: size) } ?? crop
        var stored = mirrored
        if isMirrored { stored.x = width - mirrored.x - mirrored.width }
        return (mirrored, stored)
    }

    /// The part of the decoded image that the plan reads: a decoder need not make the rest.
    package var neededSource: PixelRect {
        let source = PixelRect(width: sourceWidth, height: sourceHeight)
        return resize.map { SamplePlan.source(of: visible.stored, from: source, step: $0) } ?? visible.stored
    }
}

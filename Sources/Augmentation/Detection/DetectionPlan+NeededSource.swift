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

    package var neededSource: PixelRect {
        let source = PixelRect(width: sourceWidth, height: sourceHeight)
        let needed = resize.map { SamplePlan.source(of: visible.stored, from: source, step: $0) } ?? visible.stored
        return reduced(needed)
    }
}

extension AugmentPlan {
    /// The part of the decoded image that the plan reads: a decoder need not make the rest.
    package var neededSource: PixelRect {
        var part = ImagePart(rect: PixelRect(width: sourceWidth, height: sourceHeight))
        for step in steps {
            switch step {
            case .crop(let inner): part.crop(inner)
            case .mirror: part.isMirrored.toggle()
            case .resize(let resize, let wanted):
                part.crop(SamplePlan.source(of: wanted, from: part.size, step: resize))
                return part.rect
            default: return part.rect
            }
        }
        return part.rect
    }
}

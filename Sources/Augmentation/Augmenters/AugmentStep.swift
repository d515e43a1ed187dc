/// One thing that is done to an image, with every random number already drawn.
package enum AugmentStep: Sendable, Hashable {
    /// A resize of the image, of whose result only `rect` is kept.
    case resize(SamplePlan.Resize, rect: PixelRect)
    /// The same of an image of numbers with fractions.
    case resample(SamplePlan.Resize, rect: PixelRect)
    case crop(PixelRect)
    /// Left becomes right.
    case mirror
    /// A border of one colour, whole numbers 0…255.
    case border(PixelBorder, fill: RGB)
    /// Times a factor.
    case scale(Float)
    /// Times `factor`, plus 1 − `factor` of the image's mean brightness.
    case contrast(factor: Float)
    /// Times `factor`, plus 1 − `factor` of the pixel's brightness.
    case saturation(factor: Float)
    case mix(ColourMatrix)
    case offset(RGB)
    /// Minus the mean, over the deviation.
    case normalise(mean: RGB, deviation: RGB)
}

/// One of the augmenters of MXNet's `mx.image`, with its arguments checked.
///
/// Follows MXNet 1.9.1 `python/mxnet/image/image.py`; the comments name its classes. Colours are red, green, blue, values
/// 0…255 at the start and not limited afterwards.
package indirect enum Augmenter: Sendable, Hashable {
    /// `ResizeAug`: the shorter edge to this many pixels.
    case resize(shorterEdge: Int, kernel: InterpolationChoice)
    /// `ForceResizeAug`: to exactly this size.
    case forceResize(Size, kernel: InterpolationChoice)
    /// `CenterCropAug`: the middle; a size that does not fit is scaled down, and its crop enlarged.
    case centerCrop(Size, kernel: InterpolationChoice)
    /// `RandomCropAug`: likewise, from anywhere.
    case randomCrop(Size, kernel: InterpolationChoice)
    /// `RandomSizedCropAug`: a random part of the area with a random aspect ratio, resized.
    case randomSizedCrop(Size, area: Interval, ratio: Interval, kernel: InterpolationChoice)
    /// `HorizontalFlipAug`.
    case horizontalFlip(probability: Float)
    /// `CastAug`: to numbers with fractions.
    case cast
    /// `RandomOrderAug`, and `ColorJitterAug`, which is one.
    case randomOrder([Augmenter])
    /// `SequentialAug`.
    case sequential([Augmenter])
    /// `BrightnessJitterAug`: times a random factor in 1 ± this.
    case brightness(Float)
    /// `ContrastJitterAug`: away from the image's mean brightness, or towards it.
    case contrast(Float)
    /// `SaturationJitterAug`: away from each pixel's own brightness, or towards it.
    case saturation(Float)
    /// `HueJitterAug`: turned by a random part, ± this, of half a turn.
    case hue(Float)
    /// `LightingAug`: adds the rows of `basis` times three normal numbers.
    case lighting(deviation: Float, basis: ColourMatrix)
    /// `ColorNormalizeAug`.
    case normalise(mean: RGB, deviation: RGB)
    /// `RandomGrayAug`.
    case randomGray(probability: Float)

    /// Pixels.
    package struct Size: Sendable, Hashable {
        package var width: Int
        package var height: Int

        package init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// Ends of a range of random numbers.
    package struct Interval: Sendable, Hashable {
        package var low: Double
        package var high: Double

        package init(_ low: Double, _ high: Double) {
            self.low = low
            self.high = high
        }
    }

    /// `ColorJitterAug`: those that are above 0, in random order. A single one needs no order.
    package static func colourJitter(brightness: Float, contrast: Float, saturation: Float) -> Augmenter {
        var members: [Augmenter] = []
        if brightness > 0 { members.append(.brightness(brightness)) }
        if contrast > 0 { members.append(.contrast(contrast)) }
        if saturation > 0 { members.append(.saturation(saturation)) }
        return .randomOrder(members)
    }

    /// Columns of `vectors` times `values`, so that three random numbers give what `LightingAug` adds.
    package static func lighting(deviation: Float, values: RGB, vectors: ColourMatrix) -> Augmenter {
        func row(_ row: RGB) -> RGB {
            RGB(row.red * values.red, row.green * values.green, row.blue * values.blue)
        }
        return .lighting(
            deviation: deviation,
            basis: ColourMatrix(red: row(vectors.red), green: row(vectors.green), blue: row(vectors.blue)))
    }

    /// Eigenvalues and eigenvectors of ImageNet's colours, as MXNet has them.
    package static let imageNetValues = RGB(55.46, 4.794, 1.148)
    package static let imageNetVectors = ColourMatrix(
        red: RGB(-0.5675, 0.7192, 0.4009), green: RGB(-0.5808, -0.0045, -0.8140), blue: RGB(-0.5836, -0.6948, 0.4203))
    /// What `mean=True` and `std=True` stand for.
    package static let imageNetMean = RGB(123.68, 116.28, 103.53)
    package static let imageNetDeviation = RGB(58.395, 57.12, 57.375)
}

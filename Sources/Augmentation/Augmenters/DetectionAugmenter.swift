/// One of the augmenters of MXNet's `mx.image` for images with objects.
///
/// Follows MXNet 1.9.1 `python/mxnet/image/detection.py`; the comments name its classes.
package indirect enum DetectionAugmenter: Sendable, Hashable {
    /// `DetBorrowAug`: changes the image alone.
    case borrow(Augmenter)
    /// `DetRandomSelectAug`: nothing, or one of these.
    case randomSelect([DetectionAugmenter], skipProbability: Float)
    /// `DetHorizontalFlipAug`.
    case horizontalFlip(probability: Float)
    /// `DetRandomCropAug`.
    case randomCrop(BoxedCrop)
    /// `DetRandomPadAug`.
    case randomPad(BoxedPad)
}

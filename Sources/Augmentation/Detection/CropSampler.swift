/// One way to crop an image with objects, and what a crop must satisfy to be taken.
struct CropSampler: Sendable, Hashable {
    /// Side of the crop as a fraction of the image's, before the aspect ratio.
    var scale: AugmentationParameters.Bounds
    var aspect: AugmentationParameters.Bounds
    /// Intersection over union of the crop and an object.
    var overlap: AugmentationParameters.Bounds
    /// Part of the crop that an object covers.
    var sampleCoverage: AugmentationParameters.Bounds
    /// Part of an object that the crop covers.
    var objectCoverage: AugmentationParameters.Bounds
    var maxTrials: Int

    /// True when an object satisfies all three rules at once. A rule of 0 to 1 always holds.
    func accepts(_ crop: RelativeBox, object: RelativeBox) -> Bool {
        let shared = crop.sharedArea(with: object)
        return Self.holds(overlap, crop.overlap(with: object)) && Self.holds(sampleCoverage, shared / crop.area)
            && Self.holds(objectCoverage, shared / object.area)
    }

    private static func holds(_ bounds: AugmentationParameters.Bounds, _ value: Float) -> Bool {
        (bounds.low <= 0 && bounds.high >= 1) || (value >= bounds.low && value <= bounds.high)
    }
}

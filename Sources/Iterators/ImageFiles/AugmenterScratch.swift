import Augmentation

/// What one worker keeps between samples of lists of augmenters.
final class AugmenterScratch {
    var executor = SampleExecutor()
    var plan = AugmentPlan()
    var labels = ObjectLabels()

    init() {}
}

import Augmentation

/// What one worker keeps between images with objects.
final class ImageDetRecordScratch {
    var executor = SampleExecutor()
    var labels = ObjectLabels()

    init() {}
}

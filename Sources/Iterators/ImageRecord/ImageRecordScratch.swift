import Augmentation

/// What one worker keeps between samples of all streams of images: the executor with its buffers.
final class ImageRecordScratch {
    var executor = SampleExecutor()

    init() {}
}

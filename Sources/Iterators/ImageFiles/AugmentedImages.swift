import Augmentation
import DataTypes
import ImageCodec

/// What the iterators after MXNet's `mx.image` do alike: open images, and read, decode and augment one of them.
struct AugmentedImages: Sendable {
    let images: any LabelledImages
    let planner: AugmentPlanner
    private let reader: PictureReader
    private let output: SampleOutput
    private let seed: Int64

    /// Opens the images. Blocks: reads indexes and lists, or scans.
    ///
    /// - Parameter augmenters: empty when the caller plans with others.
    init(
        _ source: ImageSourceParameters, augmenters: [Augmenter], context: IteratorContext
    ) throws(StreamError) {
        do throws(ParameterError) {
            output = try SampleOutput(format: source.format, normalisation: Normalisation())
        } catch {
            throw StreamError(parameter: error)
        }
        images = try source.open(context: context)
        planner = AugmentPlanner(
            augmenters, width: source.format.width, height: source.format.height, maxPixels: context.maxPixels)
        reader = PictureReader(
            limits: ImageLimits(maxPixels: context.maxPixels), toleratesTruncation: source.toleratesTruncation)
        seed = source.batching.seed
    }

    /// Makes one sample.
    ///
    /// - Parameters:
    ///   - takeLabels: looks at the labels of the image that has been read.
    ///   - plan: fills the plan for an image of a size, with numbers of this sample alone.
    func execute(
        _ slot: Slot, to target: RecordRow, worker: WorkerScratch, times: inout StageTimes,
        takeLabels: (LabelledImage, RecordImageScratch, AugmenterScratch) throws(BadRecord) -> Void,
        plan: (
            (width: Int, height: Int), AugmenterScratch, inout KeyedRandom
        ) throws(AugmentationError) -> Void
    ) throws(BadRecord) {
        let scratch = worker.object(RecordImageScratch.self) { RecordImageScratch() }
        let own = worker.object(AugmenterScratch.self) { AugmenterScratch() }
        var clock = StageClock()
        let image = try images.load(slot, scratch: scratch)
        try takeLabels(image, scratch, own)
        target.store(index: image.id)
        times.read += clock.lap()

        var random = KeyedRandom(
            seed: seed, epoch: UInt64(slot.epoch), record: UInt64(slot.ordinal), lap: UInt64(slot.lap))
        do {
            let size = try reader.size(image, scratch: scratch)
            // Decided first: what cannot be augmented need not be decoded, nor what no step reads.
            try plan(size, own, &random)
            let isThere = images.keep(image, slot: slot, size: size, scratch: scratch, times: &times) {
                () throws(ImageError) in try reader.decode(image, scratch: scratch)
            }
            if !isThere { try reader.decode(image, needed: own.plan.neededSource, scratch: scratch) }
            times.decode += clock.lap()
            try target.withData { sample throws(AugmentationError) in
                try scratch.withPixels { pixels, origin throws(AugmentationError) in
                    try own.executor.run(own.plan, source: pixels, origin: origin, output: output, into: &sample)
                }
            }
        } catch {
            throw images.bad(slot, "bad_image", "image \(image.id): \(error)")
        }
        times.augment += clock.lap()
    }
}

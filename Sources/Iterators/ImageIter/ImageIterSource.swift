import Augmentation
import DataTypes
import ImageCodec

/// Images from RecordIO files or from files of their own, through a list of augmenters.
///
/// Follows MXNet 1.9.1 `python/mxnet/image/image.py` in what a sample's bytes are, and Headrace's own arithmetic in which
/// sample stands where.
final class ImageIterSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask = 1
    private let parameters: ImageIterParameters
    private let images: any LabelledImages
    private let reader: PictureReader
    private let planner: AugmentPlanner
    private let output: SampleOutput

    static let kind = IteratorKind(
        name: ImageIterParameters.iterator,
        summary: "Images from RecordIO files or from files of their own, through a list of augmenters.",
        specs: ImageIterParameters.specs, pathParameters: ImageSourceParameters.pathParameters,
        pathListParameters: ImageSourceParameters.pathListParameters,
        nestedPathParameters: ImageSourceParameters.nestedPathParameters
    ) { values, context throws(StreamError) in
        try ImageIterSource(values: values, context: context)
    }

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        do throws(ParameterError) {
            parameters = try ImageIterParameters(values)
            output = try SampleOutput(format: parameters.source.format, normalisation: Normalisation())
        } catch {
            throw StreamError(parameter: error)
        }
        let source = parameters.source
        images = try source.open(context: context)
        epochPlan = images.epochPlan
        badRecordPolicy = source.batching.badRecordPolicy
        reader = PictureReader(
            limits: ImageLimits(maxPixels: context.maxPixels), toleratesTruncation: source.toleratesTruncation)
        planner = AugmentPlanner(
            parameters.augmenters, width: source.format.width, height: source.format.height,
            maxPixels: context.maxPixels)
        info = source.info(images, label: parameters.provideLabel, values: values, shown: [:])
    }

    func readAhead(_ plan: BatchPlan) { images.readAhead(plan) }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(RecordImageScratch.self) { RecordImageScratch() }
        let own = worker.object(AugmenterScratch.self) { AugmenterScratch() }
        let target = RecordRow(row, of: slab, layout: info.layout)
        var clock = StageClock()
        let image = try images.load(slot, scratch: scratch)
        try writeLabels(image, slot: slot, scratch: scratch, to: target)
        target.store(index: image.id)
        times.read += clock.lap()

        var random = KeyedRandom(
            seed: parameters.source.batching.seed, epoch: UInt64(slot.epoch), record: UInt64(slot.ordinal),
            lap: UInt64(slot.lap))
        do {
            let size = try reader.size(image, scratch: scratch)
            // Decided first: what cannot be augmented need not be decoded.
            try planner.plan(width: size.width, height: size.height, into: &own.plan, random: &random)
            try reader.decode(image, scratch: scratch)
            times.decode += clock.lap()
            try target.withData { sample throws(AugmentationError) in
                try own.executor.run(own.plan, source: scratch.pixels, output: output, into: &sample)
            }
        } catch {
            throw images.bad(slot, "bad_image", "image \(image.id): \(error)")
        }
        times.augment += clock.lap()
    }

    private func writeLabels(
        _ image: LabelledImage, slot: Slot, scratch: RecordImageScratch, to target: RecordRow
    ) throws(BadRecord) {
        let width = parameters.labelWidth
        guard image.labelCount == width else {
            throw images.bad(
                slot, "bad_label", "image \(image.id) has \(image.labelCount) labels, label_width is \(width)")
        }
        for position in 0..<width {
            let label = images.label(position, of: image, scratch: scratch)
            let isCut = parameters.hasWholeLabels && image.listRow != nil
            target.store(label: isCut ? label.rounded(.towardZero) : label, at: position)
        }
    }
}

import Augmentation
import DataTypes
import RecordIO

/// Images from RecordIO files: each sample decoded, augmented, normalised and written into its slot.
///
/// Follows MXNet 1.9.1 `src/io/iter_image_recordio_2.cc` in what a sample's bytes are, and Headrace's own arithmetic in
/// which sample stands where.
final class ImageRecordSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask = 1
    private let parameters: ImageRecordParameters
    private let images: RecordImages
    private let planner: SamplePlanner
    private let output: SampleOutput

    init(
        variant: ImageRecordVariant, values: ParameterValues, context: IteratorContext
    ) throws(StreamError) {
        do throws(ParameterError) {
            parameters = try ImageRecordParameters(values, variant: variant)
        } catch {
            throw StreamError(parameter: error)
        }
        images = try RecordImages(
            parameters.images, listLabelWidth: parameters.labelWidth, resize: parameters.augmentation.fixedResize,
            context: context)
        epochPlan = images.epochPlan
        badRecordPolicy = parameters.images.batching.badRecordPolicy
        planner = SamplePlanner(parameters.augmentation, maxPixels: context.maxPixels)
        let meanImage = try parameters.images.meanImage()
        do throws(ParameterError) {
            output = try SampleOutput(
                format: parameters.images.format, normalisation: parameters.normalisation, meanImage: meanImage)
        } catch {
            throw StreamError(parameter: error)
        }
        let layout = BatchLayout(
            data: [parameters.images.provideData], label: [parameters.provideLabel],
            batchSize: parameters.images.batching.batchSize)
        var spec = Fingerprint()
        spec.combine(parameters.images.canonicalText(values))
        if let meanImage { meanImage.values.forEach { spec.combine(UInt64($0.bitPattern)) } }
        var info = images.info(layout: layout, values: values, specHash: spec)
        info.deferred = parameters.images.deferred(parameters.normalisation)
        self.info = info
    }

    var cacheBytes: Int { images.cacheBytes }

    func readAhead(_ plan: BatchPlan) { images.readAhead(plan) }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(RecordImageScratch.self) { RecordImageScratch() }
        let own = worker.object(ImageRecordScratch.self) { ImageRecordScratch() }
        let target = RecordRow(row, of: slab, layout: info.layout)
        var clock = StageClock()
        let header = try images.read(slot, scratch: scratch)
        try writeLabels(header, slot: slot, scratch: scratch, to: target)
        target.store(index: header.id)
        times.read += clock.lap()

        var plan = try plan(header, slot: slot, scratch: scratch)
        try images.decode(header, slot: slot, plan: &plan, scratch: scratch, times: &times)
        times.decode += clock.lap()

        do throws(AugmentationError) {
            try target.withData { sample throws(AugmentationError) in
                try scratch.withPixels { pixels, origin throws(AugmentationError) in
                    try own.executor.run(plan, source: pixels, origin: origin, output: output, into: &sample)
                }
            }
        } catch {
            throw images.badImage(slot, header, error)
        }
        times.augment += clock.lap()
    }

    /// Decides about the sample from its image's header: what cannot be augmented need not be decoded.
    private func plan(
        _ header: ImageRecordHeader, slot: Slot, scratch: RecordImageScratch
    ) throws(BadRecord) -> SamplePlan {
        let size = try images.imageSize(header, slot: slot, scratch: scratch)
        do throws(AugmentationError) {
            var random = images.randomNumbers(for: slot)
            return try planner.plan(width: size.width, height: size.height, random: &random)
        } catch {
            throw images.badImage(slot, header, error)
        }
    }

    /// Writes the labels. They come from the list when there is one, else from the record.
    private func writeLabels(
        _ header: ImageRecordHeader, slot: Slot, scratch: RecordImageScratch, to target: RecordRow
    ) throws(BadRecord) {
        let width = parameters.labelWidth
        if let list = images.list, let row = try images.listRow(header, slot: slot) {
            let labels = list.labels(ofRow: row)
            for position in 0..<width { target.store(label: labels[position], at: position) }
            return
        }
        guard header.labelCount == width else {
            throw images.bad(
                slot, "bad_label", "image \(header.id) has \(header.labelCount) labels, label_width is \(width)")
        }
        for position in 0..<width { target.store(label: scratch.label(position, header), at: position) }
    }
}

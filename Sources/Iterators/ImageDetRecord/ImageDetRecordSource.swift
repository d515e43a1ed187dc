import Augmentation
import DataTypes
import RecordIO

/// Images with objects from RecordIO files: images and boxes augmented together.
///
/// Follows MXNet 1.9.1 `src/io/iter_image_det_recordio.cc` in what a sample's bytes are, and Headrace's own arithmetic in
/// which sample stands where.
final class ImageDetRecordSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask = 1
    private let parameters: ImageDetRecordParameters
    private let images: RecordImages
    private let planner: DetectionPlanner
    private let output: SampleOutput
    private let labelRow: DetectionLabelRow

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        do throws(ParameterError) {
            parameters = try ImageDetRecordParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        images = try RecordImages(
            parameters.images, listLabelWidth: parameters.labelWidth, resize: parameters.augmentation.fixedResize,
            context: context)
        epochPlan = images.epochPlan
        badRecordPolicy = parameters.images.batching.badRecordPolicy
        planner = DetectionPlanner(parameters.augmentation, maxPixels: context.maxPixels)
        let meanImage = parameters.usesMeanImage ? try parameters.images.meanImage() : nil
        do throws(ParameterError) {
            output = try SampleOutput(
                format: parameters.images.format, normalisation: parameters.normalisation, meanImage: meanImage)
        } catch {
            throw StreamError(parameter: error)
        }
        let width = try Self.labelWidth(parameters, images: images, context: context)
        labelRow = DetectionLabelRow(width: width, padValue: parameters.labelPadValue)
        let layout = BatchLayout(
            data: [parameters.images.provideData], label: [parameters.provideLabel(width: width)],
            batchSize: parameters.images.batching.batchSize)
        var spec = Fingerprint()
        spec.combine(parameters.images.canonicalText(values))
        spec.combine(UInt64(width))
        if let meanImage { meanImage.values.forEach { spec.combine(UInt64($0.bitPattern)) } }
        var info = images.info(layout: layout, values: values, specHash: spec)
        info.deferred = parameters.images.deferred(parameters.normalisation)
        self.info = info
    }

    static let kind = IteratorKind(
        name: ImageDetRecordParameters.iterator,
        summary: "Images with objects from RecordIO files: images and boxes, augmented together.",
        specs: ImageDetRecordParameters.specs, pathParameters: RecordImageParameters.pathParameters,
        pathListParameters: RecordImageParameters.pathListParameters
    ) { values, context throws(StreamError) in
        try ImageDetRecordSource(values: values, context: context)
    }

    /// Labels that a row has room for: what the parameters say, or the most that an image has.
    ///
    /// - Throws: `.badParameter` when `label_pad_width` is too small and bad records are errors; `.badData` when no image
    ///   has labels of objects.
    private static func labelWidth(
        _ parameters: ImageDetRecordParameters, images: RecordImages, context: IteratorContext
    ) throws(StreamError) -> Int {
        // With a fixed number of labels there is nothing to find out; and images that are too wide may be left out.
        if let fixed = parameters.labelWidth { return parameters.labelPadWidth ?? fixed }
        let policy = parameters.images.batching.badRecordPolicy
        if let room = parameters.labelPadWidth, policy != .error { return room }
        let widest = try images.widestObjectLabels(
            limit: ImageDetRecordParameters.maxLabelWidth, cacheDirectory: context.cacheDirectory)
        guard widest.count > 0 else {
            throw StreamError(
                .badData, "none of the images has labels that describe objects",
                hint: "pack them as [header width, object width, …, id, left, top, right, bottom, …]")
        }
        guard let room = parameters.labelPadWidth else { return widest.count }
        guard room >= widest.count else {
            throw StreamError(
                .badParameter, "label_pad_width is \(room), and \(widest.place) has \(widest.count) labels",
                hint: "give \(widest.count) or more, or open with on_bad_record=\"skip\" to leave wider images out")
        }
        return room
    }

    var cacheBytes: Int { images.cacheBytes }

    func readAhead(_ plan: BatchPlan) { images.readAhead(plan) }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(RecordImageScratch.self) { RecordImageScratch() }
        let own = worker.object(ImageDetRecordScratch.self) { ImageDetRecordScratch() }
        let target = RecordRow(row, of: slab, layout: info.layout)
        var clock = StageClock()
        let header = try images.read(slot, scratch: scratch)
        try loadLabels(header, slot: slot, scratch: scratch, into: &own.labels)
        target.store(index: header.id)
        times.read += clock.lap()

        var plan = try plan(header, slot: slot, scratch: scratch, labels: &own.labels)
        labelRow.write(own.labels, of: plan, channels: parameters.images.format.channels, to: target)
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
        _ header: ImageRecordHeader, slot: Slot, scratch: RecordImageScratch, labels: inout ObjectLabels
    ) throws(BadRecord) -> DetectionPlan {
        let size = try images.imageSize(header, slot: slot, scratch: scratch)
        do throws(AugmentationError) {
            var random = images.randomNumbers(for: slot)
            return try planner.plan(width: size.width, height: size.height, labels: &labels, random: &random)
        } catch {
            throw images.badImage(slot, header, error)
        }
    }

    /// Loads the labels. They come from the list when there is one, else from the record.
    private func loadLabels(
        _ header: ImageRecordHeader, slot: Slot, scratch: RecordImageScratch, into labels: inout ObjectLabels
    ) throws(BadRecord) {
        let listed = try images.listRow(header, slot: slot)
        var count = header.labelCount
        if let list = images.list, let listed { count = list.labels(ofRow: listed).count }
        if let width = parameters.labelWidth, count != width {
            throw images.bad(
                slot, "bad_label", "image \(header.id) has \(count) labels, label_width is \(width)")
        }
        guard count <= labelRow.width else {
            throw images.bad(
                slot, "bad_label", "image \(header.id) has \(count) labels, and rows have room for \(labelRow.width)")
        }
        do throws(ObjectLabelFault) {
            if let list = images.list, let listed {
                try labels.load(count: count) { list.labels(ofRow: listed)[$0] }
            } else {
                try labels.load(count: count) { scratch.label($0, header) }
            }
        } catch {
            throw images.bad(slot, "bad_label", "image \(header.id): \(error)")
        }
    }
}

import Augmentation
import DataTypes

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
    private let pictures: AugmentedImages

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
        } catch {
            throw StreamError(parameter: error)
        }
        let source = parameters.source
        pictures = try AugmentedImages(source, augmenters: parameters.augmenters, context: context)
        epochPlan = pictures.images.epochPlan
        badRecordPolicy = source.batching.badRecordPolicy
        info = source.info(pictures.images, label: parameters.provideLabel, values: values, shown: [:])
    }

    var cacheBytes: Int { pictures.images.cacheBytes }

    func readAhead(_ plan: BatchPlan) { pictures.images.readAhead(plan) }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let target = RecordRow(row, of: slab, layout: info.layout)
        try pictures.execute(slot, to: target, worker: worker, times: &times) {
            image, scratch, _ throws(BadRecord) in
            try writeLabels(image, slot: slot, scratch: scratch, to: target)
        } plan: { size, own, random throws(AugmentationError) in
            try pictures.planner.plan(width: size.width, height: size.height, into: &own.plan, random: &random)
        }
    }

    private func writeLabels(
        _ image: LabelledImage, slot: Slot, scratch: RecordImageScratch, to target: RecordRow
    ) throws(BadRecord) {
        let width = parameters.labelWidth
        guard image.labelCount == width else {
            throw pictures.images.bad(
                slot, "bad_label", "image \(image.id) has \(image.labelCount) labels, label_width is \(width)")
        }
        for position in 0..<width {
            let label = pictures.images.label(position, of: image, scratch: scratch)
            let isCut = parameters.hasWholeLabels && image.listRow != nil
            target.store(label: isCut ? label.rounded(.towardZero) : label, at: position)
        }
    }
}

import Augmentation
import DataTypes

/// Images with objects from RecordIO files or from files of their own, image and boxes through a list of augmenters.
///
/// Follows MXNet 1.9.1 `python/mxnet/image/detection.py` in what a sample's bytes are, and Headrace's own arithmetic in which
/// sample stands where.
final class ImageDetIterSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask = 1
    private let parameters: ImageDetIterParameters
    private let pictures: AugmentedImages
    private let labelShape: (objects: Int, width: Int)

    static let kind = IteratorKind(
        name: ImageDetIterParameters.iterator,
        summary: "Images with objects from RecordIO files or from files of their own, through a list of augmenters.",
        specs: ImageDetIterParameters.specs, pathParameters: ImageSourceParameters.pathParameters,
        pathListParameters: ImageSourceParameters.pathListParameters,
        nestedPathParameters: ImageSourceParameters.nestedPathParameters
    ) { values, context throws(StreamError) in
        try ImageDetIterSource(values: values, context: context)
    }

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        do throws(ParameterError) {
            parameters = try ImageDetIterParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        let source = parameters.source
        pictures = try AugmentedImages(source, augmenters: [], context: context)
        epochPlan = pictures.images.epochPlan
        badRecordPolicy = source.batching.badRecordPolicy
        labelShape = try Self.labelShape(parameters, images: pictures.images, context: context)
        do throws(ParameterError) {
            try source.checkSize(labelCount: labelShape.objects * labelShape.width)
        } catch {
            throw StreamError(parameter: error)
        }
        info = source.info(
            pictures.images, label: parameters.provideLabel(labelShape), values: values,
            shown: ["label_shape": .list([.integer(labelShape.objects), .integer(labelShape.width)])])
    }

    /// Rows and columns of a sample's label table: what the parameters say, or what the images need.
    ///
    /// - Throws: `.badData` when an image has no object and bad records are errors, or when none has; `.badParameter` when
    ///   `label_shape` is too small and bad records are errors.
    private static func labelShape(
        _ parameters: ImageDetIterParameters, images: any LabelledImages, context: IteratorContext
    ) throws(StreamError) -> (objects: Int, width: Int) {
        let isStrict = parameters.source.batching.badRecordPolicy == .error
        // Images that do not fit may be left out, so that there is nothing to find out.
        if let shape = parameters.labelShape, !isStrict { return shape }
        let room = try images.surveyObjects(cacheDirectory: context.cacheDirectory)
        let form = "labels are [header width, object width, …, class, left, top, right, bottom, …]"
        if isStrict, let place = room.firstWithout {
            throw StreamError(
                .badData, "\(place) has no labels of an object with an area",
                hint: "\(form); on_bad_record=\"skip\" leaves such images out")
        }
        guard room.objectCount > 0 else {
            throw StreamError(.badData, "none of the images has labels that describe objects", hint: form)
        }
        guard let shape = parameters.labelShape else { return (room.objectCount, room.objectWidth) }
        guard shape.objects >= room.objectCount, shape.width >= room.objectWidth else {
            throw StreamError(
                .badParameter,
                "label_shape is (\(shape.objects), \(shape.width)), and the images need "
                    + "(\(room.objectCount), \(room.objectWidth))",
                hint: "give that or more, or open with on_bad_record=\"skip\" to leave larger images out")
        }
        return shape
    }

    var cacheBytes: Int { pictures.images.cacheBytes }

    func readAhead(_ plan: BatchPlan) { pictures.images.readAhead(plan) }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let target = RecordRow(row, of: slab, layout: info.layout)
        try pictures.execute(slot, to: target, worker: worker, times: &times) {
            image, scratch, own throws(BadRecord) in
            try loadLabels(image, slot: slot, scratch: scratch, into: &own.labels)
        } plan: { size, own, random throws(AugmentationError) in
            try pictures.planner.plan(
                parameters.augmenters, width: size.width, height: size.height, labels: &own.labels, into: &own.plan,
                random: &random)
            writeLabels(own.labels, to: target)
        }
    }

    private func loadLabels(
        _ image: LabelledImage, slot: Slot, scratch: RecordImageScratch, into labels: inout ObjectLabels
    ) throws(BadRecord) {
        do throws(ObjectLabelFault) {
            try labels.load(count: image.labelCount) { pictures.images.label($0, of: image, scratch: scratch) }
        } catch {
            throw pictures.images.bad(slot, "bad_label", "image \(image.id): \(error)")
        }
        guard labels.objectCount > 0 else {
            throw pictures.images.bad(slot, "bad_label", "image \(image.id) has no object with an area")
        }
        let (count, width) = (labels.objectCount, labels.labels(ofObject: 0).count)
        guard count <= labelShape.objects, width <= labelShape.width else {
            throw pictures.images.bad(
                slot, "bad_label",
                "image \(image.id) has \(count) objects of \(width) labels, and samples have room for "
                    + "\(labelShape.objects) of \(labelShape.width)")
        }
    }

    /// Writes the whole table; what no object fills is −1.
    private func writeLabels(_ labels: ObjectLabels, to target: RecordRow) {
        for object in 0..<labelShape.objects {
            let values = object < labels.objectCount ? labels.labels(ofObject: object) : []
            for column in 0..<labelShape.width {
                let label = column < values.count ? values[values.startIndex + column] : -1
                target.store(label: label, at: object * labelShape.width + column)
            }
        }
    }
}

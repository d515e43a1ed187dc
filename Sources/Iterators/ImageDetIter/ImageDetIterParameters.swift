import Augmentation
import DataTypes

/// The parameters of ImageDetIter, checked and typed.
struct ImageDetIterParameters: Sendable {
    static let iterator = "ImageDetIter"
    /// Objects of an image, and labels of an object.
    static let maxExtent = 65_536

    let source: ImageSourceParameters
    let augmenters: [DetectionAugmenter]
    /// Rows and columns of a sample's label table; nil: what the images need.
    let labelShape: (objects: Int, width: Int)?

    static let specs: [ParameterSpec] =
        ImageSourceParameters.specs(labelName: "label") + [
            ParameterSpec(
                "label_shape", .shape(rank: 2), default: .null,
                "Objects that a sample has room for and labels of an object; by default what the images need.")
        ] + DetectionAugmenterParameters.specs

    init(_ values: ParameterValues) throws(ParameterError) {
        source = try ImageSourceParameters(values, iterator: Self.iterator)
        augmenters = try DetectionAugmenterParameters.augmenters(
            values, width: source.format.width, height: source.format.height)
        if values.isGiven("label_shape") {
            let shape = values.integers("label_shape")
            guard shape[0] <= Self.maxExtent, (5...Self.maxExtent).contains(shape[1]) else {
                throw .outOfRange(
                    name: "label_shape", value: "\(shape)",
                    allowed: "1 to \(Self.maxExtent) objects of 5 to \(Self.maxExtent) labels")
            }
            labelShape = (shape[0], shape[1])
        } else {
            labelShape = nil
        }
    }

    func provideLabel(_ shape: (objects: Int, width: Int)) -> DataDesc {
        let batching = source.batching
        return DataDesc(
            name: batching.labelName, shape: [batching.batchSize, shape.objects, shape.width], elementType: .float32,
            layout: "NCW")
    }
}

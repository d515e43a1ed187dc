import Augmentation
import DataTypes

/// The parameters of ImageIter, checked and typed.
struct ImageIterParameters: Sendable {
    static let iterator = "ImageIter"

    let source: ImageSourceParameters
    let augmenters: [Augmenter]
    let labelWidth: Int
    /// Labels of lists lose their fractions.
    let hasWholeLabels: Bool

    static let specs: [ParameterSpec] =
        ImageSourceParameters.specs(labelName: "softmax_label") + [
            ParameterSpec("label_width", .integer(1...65_536), default: .integer(1), "Labels of a sample."),
            ParameterSpec(
                "dtype", .choice(["float32", "float64", "int32", "int64"]), default: .string("float32"),
                "Type that labels of a list pass through; batches are of float32."),
        ] + ImageAugmenterParameters.specs

    init(_ values: ParameterValues) throws(ParameterError) {
        source = try ImageSourceParameters(values, iterator: Self.iterator)
        augmenters = try ImageAugmenterParameters.augmenters(
            values, width: source.format.width, height: source.format.height)
        labelWidth = values.integer("label_width")
        hasWholeLabels = values.string("dtype").hasPrefix("int")
        try source.checkSize(labelCount: labelWidth)
    }

    var provideLabel: DataDesc {
        let batching = source.batching
        return labelWidth == 1
            ? DataDesc(name: batching.labelName, shape: [batching.batchSize], elementType: .float32, layout: "N")
            : DataDesc(
                name: batching.labelName, shape: [batching.batchSize, labelWidth], elementType: .float32, layout: "NC")
    }
}

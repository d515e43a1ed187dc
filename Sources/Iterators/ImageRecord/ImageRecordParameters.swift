import Augmentation
import DataTypes

/// The parameters of the ImageRecord family, checked and typed.
struct ImageRecordParameters: Sendable {
    let images: RecordImageParameters
    let augmentation: AugmentationParameters
    let normalisation: Normalisation
    let labelWidth: Int

    static let specs: [ParameterSpec] =
        RecordImageParameters.specs(augmenter: "aug_default") + [
            ParameterSpec("label_width", .integer(1...65_536), default: .integer(1), "Labels of a sample.")
        ] + AugmentationParameters.specs

    init(_ values: ParameterValues, variant: ImageRecordVariant) throws(ParameterError) {
        images = try RecordImageParameters(
            values, iterator: variant.rawValue, elementType: variant.defaultElementType,
            isFixed: variant.hasFixedElementType)
        let format = images.format
        augmentation = try AugmentationParameters(values, dataShape: (format.channels, format.height, format.width))
        normalisation = try Normalisation(values, formula: variant.formula)
        labelWidth = values.integer("label_width")
        let factors = ["std_r", "std_g", "std_b", "std_a", "scale", "max_random_contrast", "max_random_illumination"]
        try images.checkNormalisation(values, factors: factors, specs: Self.specs)
        for name in ["max_random_contrast", "max_random_illumination"]
        where values.string("wire") == "uint8" && values.number(name) != 0 {
            throw .conflict(
                names: ["wire", name], reason: "its numbers differ from sample to sample, and only the server has them")
        }
        try images.checkSize(labelWidth: labelWidth)
    }

    var provideLabel: DataDesc {
        let batching = images.batching
        return labelWidth == 1
            ? DataDesc(name: batching.labelName, shape: [batching.batchSize], elementType: .float32, layout: "N")
            : DataDesc(
                name: batching.labelName, shape: [batching.batchSize, labelWidth], elementType: .float32, layout: "NC")
    }
}

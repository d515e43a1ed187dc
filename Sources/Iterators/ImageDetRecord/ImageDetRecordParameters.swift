import Augmentation
import DataTypes

/// The parameters of ImageDetRecordIter, checked and typed.
struct ImageDetRecordParameters: Sendable {
    static let iterator = "ImageDetRecordIter"
    /// Labels of an image; more are damage.
    static let maxLabelWidth = 65_536

    let images: RecordImageParameters
    let augmentation: DetectionParameters
    let normalisation: Normalisation
    /// False when means of channels take the place of the mean image.
    let usesMeanImage: Bool
    /// Labels that every image has; nil: any number.
    let labelWidth: Int?
    /// Labels that every row has room for; nil: as many as the widest image has.
    let labelPadWidth: Int?
    let labelPadValue: Float

    static let specs: [ParameterSpec] =
        RecordImageParameters.specs(augmenter: "det_aug_default") + [
            ParameterSpec(
                "label_width", .integer(-1...maxLabelWidth), default: .integer(-1),
                "Labels that every image must have; 0 or less allows any number."),
            ParameterSpec(
                "label_pad_width", .integer(-1...maxLabelWidth), default: .integer(0),
                "Labels that a row has room for, the four in front not counted; 0 or less is as many as the widest image has."
            ),
            ParameterSpec(
                "label_pad_value", .number(-1e38...1e38), default: .number(-1), "What fills the room that is left."),
        ] + DetectionParameters.specs

    init(_ values: ParameterValues) throws(ParameterError) {
        images = try RecordImageParameters(values, iterator: Self.iterator, elementType: .float32, isFixed: false)
        let format = images.format
        augmentation = try DetectionParameters(values, dataShape: (format.channels, format.height, format.width))
        normalisation = Normalisation(detection: values)
        usesMeanImage = !Normalisation.hasDetectionMean(values)
        labelWidth = try Self.width(values, "label_width")
        labelPadWidth = try Self.width(values, "label_pad_width")
        labelPadValue = Float(values.number("label_pad_value"))
        if let labelWidth, let labelPadWidth, labelPadWidth < labelWidth {
            throw .conflict(
                names: ["label_width", "label_pad_width"],
                reason: "rows of \(labelPadWidth) labels have no room for \(labelWidth)")
        }
        try images.checkNormalisation(
            values, factors: ["std_r", "std_g", "std_b", "std_a", "scale"], specs: Self.specs)
        try images.checkSize(labelWidth: Self.maxLabelWidth)
    }

    /// nil when 0 or less.
    private static func width(_ values: ParameterValues, _ name: String) throws(ParameterError) -> Int? {
        let width = values.integer(name)
        guard width <= 0 || width >= ObjectLabelShape.minLabelCount else {
            throw .outOfRange(
                name: name, value: String(width), allowed: "0 or less, or \(ObjectLabelShape.minLabelCount) or more")
        }
        return width > 0 ? width : nil
    }

    /// - Parameter width: labels that a row has room for.
    func provideLabel(width: Int) -> DataDesc {
        let batching = images.batching
        return DataDesc(
            name: batching.labelName, shape: [batching.batchSize, DetectionLabelRow.prefixCount + width],
            elementType: .float32, layout: "NC")
    }
}

import Augmentation
import DataTypes

/// The parameters of the ImageRecord family, checked and typed.
struct ImageRecordParameters: Sendable {
    let batching: BatchingParameters
    let augmentation: AugmentationParameters
    let normalisation: Normalisation
    let recordPaths: String
    let indexPaths: String
    let listPath: String
    let meanImagePath: String
    let labelWidth: Int
    let format: SlotFormat
    /// Seed of augmentation that repeats every epoch; nil: follow `seed` and the epoch.
    let augmentationSeed: Int64?
    let toleratesTruncation: Bool

    static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "path_imgrec", .string, default: nil,
                "RecordIO files: a path, several separated by ';', a directory with .rec files, or a pattern."),
            ParameterSpec(
                "path_imgidx", .string, default: .string(""),
                "The .idx file, one for each .rec file; without it the records are found by a scan, which is remembered."
            ),
            ParameterSpec(
                "path_imglist", .string, default: .string(""),
                "A .lst file whose labels take the place of those in the records, found by the records' ids."),
            ParameterSpec(
                "data_shape", .shape(rank: 3), default: nil, "Channels (1, 3 or 4), height and width of a sample."),
            ParameterSpec("label_width", .integer(1...65_536), default: .integer(1), "Labels of a sample."),
            ParameterSpec(
                "dtype", .choice(["float32", "float16", "bfloat16", "float64", "uint8", "int8", "int32"]),
                default: .null,
                "Number format of the data tensor; by default the one in the iterator's name, else float32."),
            ParameterSpec(
                "layout", .choice(["NCHW", "NHWC"]), default: .string("NCHW"), "Order of the data tensor's axes."),
            ParameterSpec(
                "seed_aug", .optionalInteger(.all), default: .null,
                "Seed of augmentation that is the same in every epoch; without it augmentation follows seed and epoch."),
            ParameterSpec(
                "on_truncated", .choice(["error", "fill"]), default: .string("error"),
                "A JPEG whose data ends early is a bad record, or is delivered with the rest filled, as MXNet does."),
            ParameterSpec(
                "aug_seq", .choice(["aug_default"]), default: .string("aug_default"),
                "The augmenters; there is one, with all parameters."),
            ParameterSpec(
                "preprocess_threads", .integer(1...65_536), default: .integer(4),
                "Accepted for MXNet's sake; the daemon's threads serve all streams."),
            ParameterSpec("verbose", .bool, default: .bool(true), "Accepted for MXNet's sake; without effect."),
            ParameterSpec(
                "device_id", .integer(.all), default: .integer(0), "Accepted for MXNet's sake; without effect."),
            ParameterSpec(
                "ctx", .choice(["cpu", "gpu"]), default: .string("gpu"), "Accepted for MXNet's sake; without effect."),
        ] + BatchingParameters.specs + AugmentationParameters.specs

    /// Parameters that decide no byte, or do so only through what is hashed otherwise (files).
    private static let unhashed: Set<String> = BatchingParameters.presentation.union([
        "path_imgrec", "path_imgidx", "path_imglist", "mean_img", "preprocess_threads", "verbose", "device_id", "ctx",
        "dtype",
    ])

    init(_ values: ParameterValues, variant: ImageRecordVariant) throws(ParameterError) {
        batching = try BatchingParameters(values)
        let shape = values.integers("data_shape")
        guard [1, 3, 4].contains(shape[0]) else {
            throw .outOfRange(name: "data_shape", value: "\(shape)", allowed: "1, 3 or 4 channels first")
        }
        guard shape[1] <= 65_535, shape[2] <= 65_535 else {
            throw .outOfRange(name: "data_shape", value: "\(shape)", allowed: "height and width up to 65535")
        }
        augmentation = try AugmentationParameters(values, dataShape: (shape[0], shape[1], shape[2]))
        normalisation = try Normalisation(values, formula: variant.formula)
        recordPaths = values.string("path_imgrec")
        indexPaths = values.string("path_imgidx")
        listPath = values.string("path_imglist")
        meanImagePath = values.string("mean_img")
        labelWidth = values.integer("label_width")
        guard !recordPaths.isEmpty else { throw .missing(name: "path_imgrec", iterator: variant.rawValue) }
        let elementType = try Self.elementType(values, variant: variant)
        try Self.checkNormalisation(values, elementType: elementType)
        format = SlotFormat(
            elementType: elementType, layout: values.string("layout") == "NCHW" ? .channelsFirst : .channelsLast,
            channels: shape[0], height: shape[1], width: shape[2])
        augmentationSeed = values.optionalInteger("seed_aug").map { Int64($0) }
        toleratesTruncation = values.string("on_truncated") == "fill"
        try checkSize()
    }

    private static func elementType(
        _ values: ParameterValues, variant: ImageRecordVariant
    ) throws(ParameterError) -> ElementType {
        guard values.isGiven("dtype") else { return variant.defaultElementType }
        // The choices are all names of element types.
        let type = ElementType(rawValue: values.string("dtype"))!
        guard !variant.hasFixedElementType || type == variant.defaultElementType else {
            throw .outOfRange(
                name: "dtype", value: "'\(type.rawValue)'",
                allowed: "\(variant.defaultElementType.rawValue), which \(variant.rawValue) has in its name; "
                    + "use ImageRecordIter for others")
        }
        return type
    }

    /// Refuses what MXNet drops without a word: normalisation of bytes.
    private static func checkNormalisation(
        _ values: ParameterValues, elementType: ElementType
    ) throws(ParameterError) {
        let means = ["mean_img", "mean_r", "mean_g", "mean_b", "mean_a"]
        let others = ["std_r", "std_g", "std_b", "std_a", "scale", "max_random_contrast", "max_random_illumination"]
        let refused: [String]
        switch elementType {
        case .uint8: refused = means + others
        case .int8: refused = others
        default: return
        }
        // A value that changes nothing does no harm, and scripts spell defaults out.
        for name in refused where values.isGiven(name) && values.values[name] != neutral(name) {
            throw .conflict(
                names: ["dtype", name],
                reason: "\(elementType.rawValue) samples are not normalised; leave '\(name)' out")
        }
    }

    private static func neutral(_ name: String) -> ParameterValue? { specs.first { $0.name == name }?.defaultValue }

    /// A batch must fit one address space with room to spare, before any arithmetic is done with its size.
    private func checkSize() throws(ParameterError) {
        let (sampleLabels, _) = labelWidth.multipliedReportingOverflow(by: 4)
        let (bytes, overflow) = (format.byteCount + sampleLabels).multipliedReportingOverflow(by: batching.batchSize)
        guard !overflow, bytes <= 1 << 40 else {
            throw .conflict(names: ["batch_size", "data_shape"], reason: "a batch would be larger than 1 TiB")
        }
    }

    /// What of the spec decides bytes, as text.
    func canonicalText(_ values: ParameterValues) -> String {
        // Spelt out or not, an element type is the same; and parts by bytes are cut otherwise when there is an index.
        let indexed = batching.partition == .bytes ? "indexed=\(!indexPaths.isEmpty)\n" : ""
        return "dtype=\(format.elementType.rawValue)\n" + indexed
            + batching.canonicalText(values, without: Self.unhashed)
    }

    var provideData: DataDesc {
        let (batch, channels, height, width) = (batching.batchSize, format.channels, format.height, format.width)
        switch format.layout {
        case .channelsFirst:
            return DataDesc(
                name: batching.dataName, shape: [batch, channels, height, width], elementType: format.elementType,
                layout: "NCHW")
        case .channelsLast:
            return DataDesc(
                name: batching.dataName, shape: [batch, height, width, channels], elementType: format.elementType,
                layout: "NHWC")
        }
    }

    var provideLabel: DataDesc {
        labelWidth == 1
            ? DataDesc(name: batching.labelName, shape: [batching.batchSize], elementType: .float32, layout: "N")
            : DataDesc(
                name: batching.labelName, shape: [batching.batchSize, labelWidth], elementType: .float32, layout: "NC")
    }
}

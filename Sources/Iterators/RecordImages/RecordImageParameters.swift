import Augmentation
import DataTypes
import RecordIO

/// The parameters that all iterators over records of images have: which files, which samples, and what a sample is.
struct RecordImageParameters: Sendable {
    let iterator: String
    let batching: BatchingParameters
    let recordPaths: String
    let indexPaths: String
    let listPath: String
    let meanImagePath: String
    /// How samples lie in a batch.
    let format: SlotFormat
    /// What `dtype` asks for: not the batch's when the last step is left to the client.
    let elementType: ElementType
    /// Seed of augmentation that repeats every epoch; nil: follow `seed` and the epoch.
    let augmentationSeed: Int64?
    let toleratesTruncation: Bool
    /// Pixels may be near the exact ones instead of being them.
    let decodesFast: Bool
    /// Whether a picture is turned upright by its EXIF tag also when it begins as JFIF, as MXNet's native iterators do.
    let turnsJFIF: Bool
    /// What may be kept of decoded images.
    let cache: DecodedLimits

    /// - Parameter augmenter: the one name that `aug_seq` may have.
    static func specs(augmenter: String) -> [ParameterSpec] {
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
            ParameterSpec(
                "dtype", .choice(["float32", "float16", "bfloat16", "float64", "uint8", "int8", "int32"]),
                default: .null,
                "Number format of the data tensor; by default the one in the iterator's name, else float32."),
            ParameterSpec(
                "wire", .choice(["dtype", "uint8"]), default: .string("dtype"),
                "How the data travel: as 'dtype' says, or as bytes that the client library normalises and converts."),
            ParameterSpec(
                "layout", .choice(["NCHW", "NHWC"]), default: .string("NCHW"), "Order of the data tensor's axes."),
            ParameterSpec(
                "seed_aug", .optionalInteger(.all), default: .null,
                "Seed of augmentation that is the same in every epoch; without it augmentation follows seed and epoch."),
            ParameterSpec(
                "on_truncated", .choice(["error", "fill"]), default: .string("error"),
                "A JPEG whose data ends early is a bad record, or is delivered with the rest filled, as MXNet does."),
            ParameterSpec(
                "decode", .choice(["exact", "fast"]), default: .string("exact"),
                "JPEGs are decoded to the very pixels that MXNet has, or near enough for less work."),
            ParameterSpec(
                "aug_seq", .choice([augmenter]), default: .string(augmenter),
                "The augmenters; there is one, with all parameters."),
            ParameterSpec(
                "preprocess_threads", .integer(1...65_536), default: .integer(4),
                "Accepted for MXNet's sake; the daemon's threads serve all streams."),
            ParameterSpec("verbose", .bool, default: .bool(true), "Accepted for MXNet's sake; without effect."),
            ParameterSpec(
                "device_id", .integer(.all), default: .integer(0), "Accepted for MXNet's sake; without effect."),
            ParameterSpec(
                "ctx", .choice(["cpu", "gpu"]), default: .string("gpu"), "Accepted for MXNet's sake; without effect."),
        ] + DecodedLimits.specs + BatchingParameters.specs
    }

    /// Parameters that name files, and those of them that may name several.
    static let pathParameters = ["path_imgrec", "path_imgidx", "path_imglist", "mean_img"]
    static let pathListParameters: Set<String> = ["path_imgrec", "path_imgidx"]

    /// Parameters that decide no byte, or do so only through what is hashed otherwise (files).
    private static let unhashed: Set<String> = BatchingParameters.presentation.union([
        "path_imgrec", "path_imgidx", "path_imglist", "mean_img", "preprocess_threads", "verbose", "device_id", "ctx",
        "dtype", "cache", "cache_disk", "decode", "wire",
    ])

    /// - Parameters:
    ///   - values: checked against specs that include `specs(augmenter:)` and a `mean_img`.
    ///   - elementType: what `dtype` stands for when it is not given.
    ///   - isFixed: true when the iterator has no other.
    init(
        _ values: ParameterValues, iterator: String, elementType: ElementType, isFixed: Bool
    ) throws(ParameterError) {
        self.iterator = iterator
        batching = try BatchingParameters(values)
        let shape = values.integers("data_shape")
        guard [1, 3, 4].contains(shape[0]) else {
            throw .outOfRange(name: "data_shape", value: "\(shape)", allowed: "1, 3 or 4 channels first")
        }
        guard shape[1] <= 65_535, shape[2] <= 65_535 else {
            throw .outOfRange(name: "data_shape", value: "\(shape)", allowed: "height and width up to 65535")
        }
        recordPaths = values.string("path_imgrec")
        indexPaths = values.string("path_imgidx")
        listPath = values.string("path_imglist")
        meanImagePath = values.string("mean_img")
        guard !recordPaths.isEmpty else { throw .missing(name: "path_imgrec", iterator: iterator) }
        var type = elementType
        if values.isGiven("dtype") {
            // The choices are all names of element types.
            type = ElementType(rawValue: values.string("dtype"))!
            guard !isFixed || type == elementType else {
                throw .outOfRange(
                    name: "dtype", value: "'\(type.rawValue)'",
                    allowed: "\(elementType.rawValue), which \(iterator) has in its name; "
                        + "use ImageRecordIter for others")
            }
        }
        self.elementType = type
        let travelsAsBytes = values.string("wire") == "uint8"
        if travelsAsBytes { try Self.checkDeferral(values, of: type) }
        format = SlotFormat(
            elementType: travelsAsBytes ? .uint8 : type,
            layout: values.string("layout") == "NCHW" ? .channelsFirst : .channelsLast,
            channels: shape[0], height: shape[1], width: shape[2])
        augmentationSeed = values.optionalInteger("seed_aug").map { Int64($0) }
        toleratesTruncation = values.string("on_truncated") == "fill"
        turnsJFIF = true
        decodesFast = values.string("decode") == "fast"
        cache = DecodedLimits(values)
        // Which pixels a fast decoder makes depends on the crop, and kept images serve all crops.
        if decodesFast,
            let name = [("cache", cache.memoryBytes), ("cache_disk", cache.diskBytes)].first(where: { $1 > 0 })?.0
        {
            throw .conflict(
                names: ["decode", name], reason: "kept images are decoded once, exactly; leave one of the two out")
        }
    }

    /// Of an iterator with parameters of its own: no mean image, and augmentation follows `seed` and the epoch.
    init(
        iterator: String, batching: BatchingParameters, recordPaths: String, indexPaths: String, listPath: String,
        format: SlotFormat, toleratesTruncation: Bool, turnsJFIF: Bool, cache: DecodedLimits
    ) {
        self.turnsJFIF = turnsJFIF
        self.cache = cache
        self.iterator = iterator
        self.batching = batching
        self.recordPaths = recordPaths
        self.indexPaths = indexPaths
        self.listPath = listPath
        self.format = format
        elementType = format.elementType
        self.toleratesTruncation = toleratesTruncation
        decodesFast = false
        meanImagePath = ""
        augmentationSeed = nil
    }

    /// Refuses what MXNet drops without a word: normalisation of bytes.
    ///
    /// - Parameters:
    ///   - factors: names of the parameters beside the means that need fractions.
    ///   - specs: all of the iterator's.
    func checkNormalisation(
        _ values: ParameterValues, factors: [String], specs: [ParameterSpec]
    ) throws(ParameterError) {
        let means = ["mean_img", "mean_r", "mean_g", "mean_b", "mean_a"]
        let refused: [String]
        switch elementType {
        case .uint8: refused = means + factors
        case .int8: refused = factors
        default: return
        }
        // A value that changes nothing does no harm, and scripts spell defaults out.
        for name in refused where values.isGiven(name) {
            guard values.values[name] != specs.first(where: { $0.name == name })?.defaultValue else { continue }
            throw .conflict(
                names: ["dtype", name],
                reason: "\(elementType.rawValue) samples are not normalised; leave '\(name)' out")
        }
    }

    /// Refuses what a client cannot make of bytes.
    private static func checkDeferral(_ values: ParameterValues, of type: ElementType) throws(ParameterError) {
        guard [.float32, .float16, .float64, .uint8].contains(type) else {
            throw .conflict(
                names: ["wire", "dtype"], reason: "only float32, float16 and float64 can be made of bytes by the client"
            )
        }
        if !values.string("mean_img").isEmpty {
            throw .conflict(
                names: ["wire", "mean_img"],
                reason: "a mean image is subtracted by the server; use mean_r, mean_g and mean_b, or leave 'wire' out")
        }
    }

    /// What is left to the client, if the data travel as bytes that are to be something else.
    func deferred(_ normalisation: Normalisation) -> DeferredNormalisation? {
        guard format.elementType != elementType else { return nil }
        let channels = 0..<format.channels
        let formula: DeferredNormalisation.Formula =
            switch normalisation.formula {
            case .version2: .scaleOverDeviation
            case .version1: .scaleThenDeviation
            case .detection: .deviationThenScale
            }
        return DeferredNormalisation(
            elementType: elementType, mean: channels.map { normalisation.mean[$0] },
            std: channels.map { normalisation.deviation[$0] }, scale: normalisation.scale, formula: formula)
    }

    /// A batch must fit one address space with room to spare, before any arithmetic is done with its size.
    func checkSize(labelWidth: Int) throws(ParameterError) {
        let (labelBytes, _) = labelWidth.multipliedReportingOverflow(by: 4)
        let (bytes, overflow) = (format.byteCount + labelBytes).multipliedReportingOverflow(by: batching.batchSize)
        guard !overflow, bytes <= 1 << 40 else {
            throw .conflict(names: ["batch_size", "data_shape"], reason: "a batch would be larger than 1 TiB")
        }
    }

    /// What of the spec decides bytes, as text.
    func canonicalText(_ values: ParameterValues) -> String {
        // Spelt out or not, an element type is the same; and parts by bytes are cut otherwise when there is an index.
        let indexed = batching.partition == .bytes ? "indexed=\(!indexPaths.isEmpty)\n" : ""
        // Named only when it matters, so that tokens from before there was a choice still hold.
        let precision = decodesFast ? "decode=fast\n" : ""
        return "\(iterator)\ndtype=\(elementType.rawValue)\n" + indexed + precision
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

    /// Reads no more than such a file can have.
    ///
    /// - Throws: when the file is not there or of another shape.
    func meanImage() throws(StreamError) -> MeanImage? {
        guard !meanImagePath.isEmpty else { return nil }
        let limit = MeanImage.fileBytesLimit(channels: format.channels, height: format.height, width: format.width)
        let bytes: [UInt8]
        do throws(RecordError) {
            bytes = try RecordFile(path: meanImagePath).firstBytes(limit)
        } catch {
            throw StreamError(record: error)
        }
        do throws(MeanImageError) {
            return try MeanImage(
                bytes: bytes, path: meanImagePath, channels: format.channels, height: format.height,
                width: format.width)
        } catch {
            throw StreamError(.badData, error.description)
        }
    }
}

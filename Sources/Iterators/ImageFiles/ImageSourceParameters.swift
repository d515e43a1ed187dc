import Augmentation
import DataTypes
import ImageCodec
import RecordIO

/// The parameters that the iterators after MXNet's `mx.image` share: which images, and which of them make a batch.
struct ImageSourceParameters: Sendable {
    let iterator: String
    let batching: BatchingParameters
    let format: SlotFormat
    let toleratesTruncation: Bool
    private let cache: DecodedLimits
    private let recordPaths: String
    private let indexPaths: String
    private let listPath: String
    private let root: String
    private let imageList: GivenList?

    /// `imglist`: the list itself, or `array:NAME` for one that the client hands over.
    private enum GivenList {
        case rows(ImageList)
        case handedOver(String)
    }

    static func specs(labelName: String) -> [ParameterSpec] {
        [
            ParameterSpec(
                "path_imgrec", .string, default: .string(""),
                "RecordIO files: a path, several separated by ';', a directory with .rec files, or a pattern."),
            ParameterSpec(
                "path_imgidx", .string, default: .string(""),
                "The .idx file, one for each .rec file; without it the records are found by a scan, which is remembered."
            ),
            ParameterSpec(
                "path_imglist", .string, default: .string(""),
                "A .lst file: the images to read, or, with path_imgrec, the labels that take the place of the records'."
            ),
            ParameterSpec(
                "imglist", .structure, default: .null,
                "The same as [[label, …, path], …]; its images are numbered from 1. A long list is handed over as the bytes "
                    + "of its text, and named array:NAME here."),
            ParameterSpec(
                "path_root", .string, default: .string(""), "The folder that the paths of a list start from."),
            ParameterSpec(
                "data_shape", .shape(rank: 3), default: nil, "Channels (3), height and width of a sample."),
            ParameterSpec(
                "last_batch_handle", .choice(["pad", "discard", "roll_over"]), default: .string("pad"),
                "The last samples when they do not fill a batch: filled from the epoch's start and counted in pad, left out, "
                    + "or kept for the next epoch."),
            ParameterSpec(
                "on_truncated", .choice(["error", "fill"]), default: .string("error"),
                "A JPEG whose data ends early is a bad record, or is delivered with the rest filled, as MXNet does."),
        ] + DecodedLimits.specs
            + BatchingParameters.specs.filter { $0.name != "round_batch" }.map { spec in
                var spec = spec
                switch spec.name {
                case "label_name": spec.defaultValue = .string(labelName)
                case "partition":
                    spec.kind = .choice(["count", "global"])
                    spec.summary = "How parts are cut: by count of images, or global (slices of every global batch)."
                default: break
                }
                return spec
            }
    }

    static let pathParameters = ["path_imgrec", "path_imgidx", "path_imglist", "path_root"]
    static let pathListParameters: Set<String> = ["path_imgrec", "path_imgidx"]
    static let nestedPathParameters: Set<String> = ["imglist"]

    /// Parameters that decide no byte, or do so only through what is hashed otherwise.
    private static let unhashed = BatchingParameters.presentation.union(pathParameters).union(nestedPathParameters)
        .union(
            DecodedLimits.specs.map(\.name))

    init(_ values: ParameterValues, iterator: String) throws(ParameterError) {
        self.iterator = iterator
        var batching = try BatchingParameters(values)
        try batching.endsEpochs(as: values.string("last_batch_handle"))
        self.batching = batching
        let shape = values.integers("data_shape")
        guard shape[0] == 3, shape[1] <= 65_535, shape[2] <= 65_535 else {
            throw .outOfRange(
                name: "data_shape", value: "\(shape)", allowed: "3 channels first, height and width up to 65535")
        }
        format = SlotFormat(
            elementType: .float32, layout: .channelsFirst, channels: 3, height: shape[1], width: shape[2])
        toleratesTruncation = values.string("on_truncated") == "fill"
        cache = DecodedLimits(values)
        func path(_ name: String) -> String {
            let path = values.string(name)
            return IteratorKind.namesFile(path) ? path : ""
        }
        recordPaths = path("path_imgrec")
        indexPaths = path("path_imgidx")
        listPath = path("path_imglist")
        root = path("path_root")
        switch values.values["imglist"] ?? .null {
        case .null: imageList = nil
        case .string(let text) where text.hasPrefix(ArrayReference.handedOver): imageList = .handedOver(text)
        case let value: imageList = .rows(try ImageList(parameter: value, named: "imglist"))
        }
        guard !recordPaths.isEmpty || !listPath.isEmpty || imageList != nil else {
            throw .conflict(
                names: ["path_imgrec", "path_imglist", "imglist"], reason: "one of them must say which images to read")
        }
        guard imageList == nil || (recordPaths.isEmpty && listPath.isEmpty) else {
            throw .conflict(
                names: ["imglist", recordPaths.isEmpty ? "path_imglist" : "path_imgrec"],
                reason: "both say which images to read; use one")
        }
        guard cache.isNone || !recordPaths.isEmpty else {
            throw .conflict(
                names: [cache.memoryBytes > 0 ? "cache" : "cache_disk", "path_imgrec"],
                reason: "only images of record files are kept decoded")
        }
        guard indexPaths.isEmpty || !recordPaths.isEmpty else {
            throw .conflict(
                names: ["path_imgidx", "path_imgrec"], reason: "an index is of a record file; give that too")
        }
    }

    /// Opens the images. Blocks: reads indexes and lists, or scans.
    func open(context: IteratorContext) throws(StreamError) -> any LabelledImages {
        guard recordPaths.isEmpty else {
            return try RecordImages(
                RecordImageParameters(
                    iterator: iterator, batching: batching, recordPaths: recordPaths, indexPaths: indexPaths,
                    listPath: listPath, format: format, toleratesTruncation: toleratesTruncation,
                    turnsJFIF: false, cache: cache),
                listLabelWidth: nil, context: context)
        }
        switch imageList {
        case .rows(let list):
            return try ImageFiles(list, root: root, place: "imglist", batching: batching, context: context)
        case .handedOver(let text):
            let array = try context.handedOver(text, parameter: "imglist")
            let (list, reservation) = try ImageList.reading(array, named: "imglist") { byteCount throws(StreamError) in
                try context.reserve(byteCount, "rows of imglist")
            }
            return try ImageFiles(
                list, root: root, place: "imglist", batching: batching, context: context, reservation: reservation)
        case nil: break
        }
        let list: ImageList
        do throws(RecordError) {
            list = try ImageList(path: listPath, labelWidth: nil, keepsPaths: true)
        } catch {
            throw StreamError(record: error)
        }
        return try ImageFiles(list, root: root, place: "path_imglist", batching: batching, context: context)
    }

    /// Refuses batches that no address space holds, before any arithmetic is done with their size.
    func checkSize(labelCount: Int) throws(ParameterError) {
        let (labelBytes, _) = labelCount.multipliedReportingOverflow(by: 4)
        let (bytes, overflow) = (format.byteCount + labelBytes).multipliedReportingOverflow(by: batching.batchSize)
        guard !overflow, bytes <= 1 << 40 else {
            throw .conflict(names: ["batch_size", "data_shape"], reason: "a batch would be larger than 1 TiB")
        }
    }

    var provideData: DataDesc {
        DataDesc(
            name: batching.dataName, shape: [batching.batchSize, 3, format.height, format.width], elementType: .float32,
            layout: "NCHW")
    }

    /// What a stream over these images says of itself.
    ///
    /// - Parameters:
    ///   - shown: parameters whose values in force are not those given.
    ///   - decided: names of parameters that `shown` has in the spec's hash already.
    func info(
        _ images: any LabelledImages, label: DataDesc, values: ParameterValues, shown: [String: ParameterValue]
    ) -> StreamInfo {
        var spec = Fingerprint()
        spec.combine("\(iterator)\n" + batching.canonicalText(values, without: Self.unhashed.union(shown.keys)))
        for (name, value) in shown.sorted(by: { $0.key < $1.key }) { spec.combine("\(name)=\(value)\n") }
        // The list is the data, as large as it may be; nobody wants it back.
        var parameters = values.values.merging(shown) { $1 }
        parameters["imglist"] = .null
        return StreamInfo(
            iterator: iterator, provideData: [provideData], provideLabel: [label],
            layout: BatchLayout(data: [provideData], label: [label], batchSize: batching.batchSize),
            batchSize: batching.batchSize, numParts: batching.numParts, partIndex: batching.partIndex,
            recordCount: images.count, partRecordCount: images.epochPlan.partRecordCount,
            manifestHash: images.dataHash, specHash: spec.hex, prefetch: batching.prefetch, parameters: parameters,
            warnings: images.warnings)
    }
}

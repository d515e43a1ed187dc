import DataTypes

/// The parameters of RecordIter, checked and typed.
struct RawRecordParameters: Sendable {
    /// What becomes of the header that image records have.
    enum Header: String, CaseIterable {
        /// The payload is delivered as it lies in the file.
        case keep
        /// The header's labels go to the label tensor, its id to `index`, what is behind it to `data`.
        case strip
    }

    let batching: BatchingParameters
    let recordPaths: String
    let indexPaths: String
    let header: Header
    let labelWidth: Int
    /// Room of a row as asked for; nil: what the largest record needs.
    let maxRecordBytes: Int?

    static let lengthName = "length"

    static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "path_rec", .string, default: nil,
                "RecordIO files: a path, several separated by ';', a directory with .rec files, or a pattern."),
            ParameterSpec(
                "path_idx", .string, default: .string(""),
                "The .idx file, one for each .rec file; without it the records are found by a scan, which is remembered."
            ),
            ParameterSpec(
                "max_record_bytes", .optionalInteger(1...1 << 40), default: .null,
                "Bytes of a row, up to the daemon's limits.max_record; a longer record is a bad one. By default what the "
                    + "largest record needs."),
            ParameterSpec(
                "header", .choice(Header.allCases.map(\.rawValue)), default: .string("keep"),
                "Records as they are, or image records' headers taken off, their labels in the label tensor."),
            ParameterSpec(
                "label_width", .integer(1...65_536), default: .integer(1), "Labels of a sample, with header=strip."),
        ] + BatchingParameters.specs.map(withoutRounding)

    /// MXNet's default would deliver some records twice in one epoch and not at all in the next. There is no script of
    /// MXNet's to keep working here, so that every epoch is whole unless asked otherwise.
    private static func withoutRounding(_ spec: ParameterSpec) -> ParameterSpec {
        guard spec.name == "round_batch" else { return spec }
        var spec = spec
        spec.defaultValue = .bool(false)
        return spec
    }

    /// Paths stand for the data, which has a hash of its own; of the room of a row the result is hashed.
    private static let unhashed = BatchingParameters.presentation.union(["path_rec", "path_idx", "max_record_bytes"])

    init(_ values: ParameterValues, iterator: String, context: IteratorContext) throws(ParameterError) {
        batching = try BatchingParameters(values)
        recordPaths = values.string("path_rec")
        indexPaths = values.string("path_idx")
        // The choices are those of the enumeration.
        header = Header(rawValue: values.string("header"))!
        labelWidth = values.integer("label_width")
        maxRecordBytes = values.optionalInteger("max_record_bytes")
        guard !recordPaths.isEmpty else { throw .missing(name: "path_rec", iterator: iterator) }
        guard header == .strip || labelWidth == 1 else {
            throw .conflict(names: ["label_width", "header"], reason: "there are labels with header=strip only")
        }
        if let maxRecordBytes, maxRecordBytes > context.maxRecordBytes {
            throw .outOfRange(
                name: "max_record_bytes", value: String(maxRecordBytes),
                allowed: "1 to \(context.maxRecordBytes), the daemon's limits.max_record")
        }
        for (name, value) in [("data_name", batching.dataName), ("label_name", batching.labelName)]
        where value == Self.lengthName {
            throw .outOfRange(name: name, value: "'\(value)'", allowed: "all names but that of the tensor of lengths")
        }
    }

    /// Bytes of a row of the data tensor.
    ///
    /// - Parameter largest: what the largest record has at most.
    func rowBytes(largest: Int, context: IteratorContext) -> Int {
        if let maxRecordBytes { return maxRecordBytes }
        // A single label may stand in the fixed part of the header, or behind it.
        let header = header == .keep ? 0 : 24 + (labelWidth == 1 ? 0 : 4 * labelWidth)
        return max(1, min(largest, context.maxRecordBytes) - header)
    }

    /// What of the spec decides bytes, as text.
    func canonicalText(_ values: ParameterValues, rowBytes: Int) -> String {
        // Parts by bytes are cut otherwise when there is an index.
        let indexed = batching.partition == .bytes ? "indexed=\(!indexPaths.isEmpty)\n" : ""
        return "row_bytes=\(rowBytes)\n" + indexed + batching.canonicalText(values, without: Self.unhashed)
    }

    func provideData(rowBytes: Int) -> [DataDesc] {
        [
            DataDesc(
                name: batching.dataName, shape: [batching.batchSize, rowBytes], elementType: .uint8, layout: "NC"),
            DataDesc(name: Self.lengthName, shape: [batching.batchSize], elementType: .int64, layout: "N"),
        ]
    }

    var provideLabel: [DataDesc] {
        guard header == .strip else { return [] }
        let shape = labelWidth == 1 ? [batching.batchSize] : [batching.batchSize, labelWidth]
        return [
            DataDesc(
                name: batching.labelName, shape: shape, elementType: .float32, layout: labelWidth == 1 ? "N" : "NC")
        ]
    }
}

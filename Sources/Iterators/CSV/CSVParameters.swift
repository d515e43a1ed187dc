import DataTypes

/// The parameters of CSVIter, checked and typed.
struct CSVParameters: Sendable {
    let batching: BatchingParameters
    let dataPaths: String
    /// nil: all labels are zero.
    let labelPaths: String?
    let data: CSVRowParser
    let label: CSVRowParser
    let provideData: DataDesc
    let provideLabel: DataDesc

    static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "data_csv", .string, default: nil,
                "Text files of numbers, also packed with gzip: a path, several separated by ';', a directory, or a pattern."
            ),
            ParameterSpec("data_shape", .shape(rank: nil), default: nil, "Shape of a sample, of any rank."),
            ParameterSpec(
                "label_csv", .string, default: .string("NULL"),
                "Files of labels, a row for each row of data; NULL: all labels are 0."),
            ParameterSpec("label_shape", .shape(rank: nil), default: .list([.integer(1)]), "Shape of a label."),
            ParameterSpec(
                "dtype", .choice(["float32", "float64", "float16", "int32", "int64", "uint8"]), default: .null,
                "Number format of data and labels; by default float32."),
            ParameterSpec(
                "delimiter", .string, default: .string(","), "What separates fields: a comma, ';', '|' or a tab."),
        ] + BatchingParameters.specs

    private static let unhashed: Set<String> = BatchingParameters.presentation.union(["data_csv", "label_csv"])
    /// More axes than any trainer's library has.
    private static let maximumRank = 16
    /// Fields of a row; a line of them is read into memory whole.
    private static let maximumFields = 1 << 22

    init(_ values: ParameterValues) throws(ParameterError) {
        batching = try BatchingParameters(values)
        guard batching.partition != .bytes else {
            throw .outOfRange(
                name: "partition", value: "'bytes'", allowed: "count or global; MXNet's CSVIter has no parts to match")
        }
        dataPaths = values.string("data_csv")
        guard !dataPaths.isEmpty else { throw .missing(name: "data_csv", iterator: CSVIterator.name) }
        let labels = values.string("label_csv")
        labelPaths = IteratorKind.namesFile(labels) ? labels : nil
        // The choices are all names of element types.
        let type = values.isGiven("dtype") ? ElementType(rawValue: values.string("dtype"))! : .float32
        let separators: [String: UInt8] = [
            ",": UInt8(ascii: ","), ";": UInt8(ascii: ";"), "|": UInt8(ascii: "|"), "\t": UInt8(ascii: "\t"),
        ]
        let delimiter = values.string("delimiter")
        guard let separator = separators[delimiter] else {
            throw .outOfRange(
                name: "delimiter", value: "'\(delimiter.prefix(20))'", allowed: "a comma, ';', '|' or a tab")
        }
        let shape = values.integers("data_shape")
        let labelShape = values.integers("label_shape")
        data = CSVRowParser(
            fieldCount: try Self.fieldCount(shape, name: "data_shape"), elementType: type, separator: separator)
        label = CSVRowParser(
            fieldCount: try Self.fieldCount(labelShape, name: "label_shape"), elementType: type, separator: separator)
        guard batching.batchSize * (data.fieldCount + label.fieldCount) <= 1 << 37 else {
            throw .conflict(names: ["batch_size", "data_shape"], reason: "a batch would be larger than 1 TiB")
        }
        provideData = Self.desc(batching.dataName, [batching.batchSize] + shape, type)
        // A label that is one number loses its axes, as in MXNet.
        let axes = label.fieldCount == 1 ? [] : labelShape
        provideLabel = Self.desc(batching.labelName, [batching.batchSize] + axes, type)
    }

    private static func fieldCount(_ shape: [Int], name: String) throws(ParameterError) -> Int {
        guard shape.count <= maximumRank else {
            throw .outOfRange(name: name, value: "\(shape)", allowed: "up to \(maximumRank) axes")
        }
        var count = 1
        for extent in shape {
            // Both factors are below 2³¹.
            count *= extent
            guard count <= maximumFields else {
                throw .outOfRange(name: name, value: "\(shape)", allowed: "up to \(maximumFields) numbers")
            }
        }
        return count
    }

    private static func desc(_ name: String, _ shape: [Int], _ type: ElementType) -> DataDesc {
        let layouts = ["N", "NC", "NCW", "NCHW", "NCDHW"]
        // Axes beyond those that have a name are channels.
        let layout =
            shape.count <= layouts.count ? layouts[shape.count - 1] : "N" + shape.dropFirst().map { _ in "C" }.joined()
        return DataDesc(name: name, shape: shape, elementType: type, layout: layout)
    }

    /// What of the spec decides bytes, as text.
    static func canonicalText(_ values: ParameterValues, batching: BatchingParameters) -> String {
        batching.canonicalText(values, without: unhashed)
    }
}

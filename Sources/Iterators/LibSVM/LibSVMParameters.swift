import DataTypes

/// The parameters of LibSVMIter, checked and typed.
struct LibSVMParameters: Sendable {
    let batching: BatchingParameters
    let dataPaths: String
    /// nil: labels are the first numbers of the data's lines.
    let labelPaths: String?
    let data: LibSVMRowParser
    let label: LibSVMRowParser

    static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "data_libsvm", .string, default: nil,
                "Text files of rows 'label index:value …', also packed with gzip: a path, several separated by ';', a directory, or a pattern."
            ),
            ParameterSpec("data_shape", .shape(rank: nil), default: nil, "Columns of the data: one number."),
            ParameterSpec(
                "label_libsvm", .string, default: .string("NULL"),
                "Files with the labels as sparse rows, one for each row of data; NULL: the data's own labels."),
            ParameterSpec(
                "label_shape", .shape(rank: nil), default: .list([.integer(1)]),
                "Columns of the labels with label_libsvm, more than 1; otherwise 1."),
            ParameterSpec(
                "indexing_mode", .integer(0...1), default: .integer(0),
                "The index that the first column has in the files, 0 or 1; MXNet takes it behind a '?' in the path."),
            ParameterSpec(
                "dtype", .choice(["float32"]), default: .null, "Number format of values and labels; there is one."),
        ] + BatchingParameters.specs.map(withoutSubstitutes)

    /// Rows take different room, so that no row can stand where another was due.
    private static func withoutSubstitutes(_ spec: ParameterSpec) -> ParameterSpec {
        guard spec.name == "on_bad_record" else { return spec }
        var spec = spec
        spec.kind = .choice([BadRecordPolicy.error, .skip].map(\.rawValue))
        spec.summary = "What a row that cannot be read does: the stream is refused, or the row is left out."
        return spec
    }

    private static let unhashed = BatchingParameters.presentation.union(["data_libsvm", "label_libsvm"])

    init(_ values: ParameterValues) throws(ParameterError) {
        batching = try BatchingParameters(values)
        dataPaths = values.string("data_libsvm")
        guard !dataPaths.isEmpty else { throw .missing(name: "data_libsvm", iterator: LibSVMIterator.name) }
        let labels = values.string("label_libsvm")
        labelPaths = IteratorKind.namesFile(labels) ? labels : nil
        let first = values.integer("indexing_mode")
        data = LibSVMRowParser(columns: try Self.columns(values, "data_shape"), firstIndex: first)
        label = LibSVMRowParser(columns: try Self.columns(values, "label_shape"), firstIndex: first)
        guard (labelPaths != nil) == (label.columns > 1) else {
            throw .conflict(
                names: ["label_shape", "label_libsvm"],
                reason: labelPaths == nil
                    ? "without label_libsvm a row has one label"
                    : "label_libsvm has sparse rows of label_shape columns, more than 1")
        }
        let names = [batching.dataName, batching.labelName]
        for name in names {
            let members = [name + CSRTensor.indicesSuffix, name + CSRTensor.indptrSuffix]
            guard !members.contains(where: names.contains) else {
                throw .conflict(
                    names: ["data_name", "label_name"],
                    reason: "\(members.joined(separator: " and ")) belong to \(name)")
            }
        }
    }

    private static func columns(_ values: ParameterValues, _ name: String) throws(ParameterError) -> Int {
        let shape = values.integers(name)
        guard shape.count == 1 else {
            throw .outOfRange(name: name, value: "\(shape)", allowed: "one number: the columns of the sparse rows")
        }
        return shape[0]
    }

    func provideData(capacity: Int) -> DataDesc { sparse(batching.dataName, data, capacity) }

    /// - Parameter capacity: elements of a batch's labels; nil for the data's own labels.
    func provideLabel(capacity: Int?) -> DataDesc {
        guard let capacity else {
            return DataDesc(name: batching.labelName, shape: [batching.batchSize], elementType: .float32, layout: "N")
        }
        return sparse(batching.labelName, label, capacity)
    }

    private func sparse(_ name: String, _ parser: LibSVMRowParser, _ capacity: Int) -> DataDesc {
        DataDesc(
            name: name, shape: [batching.batchSize, parser.columns], elementType: .float32, layout: "NC",
            storage: .csr(capacity: capacity))
    }

    /// What of the spec decides bytes, as text.
    static func canonicalText(_ values: ParameterValues, batching: BatchingParameters) -> String {
        batching.canonicalText(values, without: unhashed)
    }
}

import DataTypes

/// The parameters of NDArrayIter, checked and typed.
struct NDArrayParameters: Sendable {
    let batching: BatchingParameters
    let data: [ArrayReference]
    let label: [ArrayReference]
    let layout: String
    /// Whether every array is converted to float32, as MXNet does with NumPy's.
    let convertsToFloat32: Bool

    static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "data", .arrays, default: nil,
                "A .npy file, an .npz file or one array of it (x.npz#name), an HDF5 dataset (x.h5#/name), an array that the "
                    + "client hands over; or a list of these, or of [name, array] pairs."),
            ParameterSpec("label", .arrays, default: .null, "The labels, given in the same way; there may be none."),
            ParameterSpec(
                "last_batch_handle", .choice(["pad", "discard", "roll_over"]), default: .string("pad"),
                "Rows that fill no batch: it is filled from the epoch's start, they are left out, or they begin the next epoch."
            ),
            ParameterSpec(
                "layout", .string, default: .string("NCHW"),
                "A letter for each axis; N is the axis that counts the samples. Arrays with fewer axes have them along their first."
            ),
            ParameterSpec("float32", .bool, default: .bool(false), "Converts every array to float32, as MXNet does."),
        ] + batchingSpecs

    /// Those of all iterators but for MXNet's default and what has no meaning here.
    private static let batchingSpecs: [ParameterSpec] = BatchingParameters.specs.compactMap { spec in
        var spec = spec
        switch spec.name {
        case "round_batch": return nil
        case "batch_size": spec.defaultValue = .integer(1)
        default: break
        }
        return spec
    }

    private static let unhashed: Set<String> = BatchingParameters.presentation.union(["data", "label"])
    /// More inputs than any network has.
    static let maximumArrays = 64

    init(_ values: ParameterValues) throws(ParameterError) {
        var batching = try BatchingParameters(values)
        try batching.endsEpochs(as: values.string("last_batch_handle"))
        guard batching.partition != .bytes else {
            throw .outOfRange(
                name: "partition", value: "'bytes'",
                allowed: "count or global; MXNet's NDArrayIter has no parts to match")
        }
        self.batching = batching
        data = try Self.references(values, "data")
        label = try Self.references(values, "label")
        guard !data.isEmpty else { throw .missing(name: "data", iterator: NDArrayIterator.name) }
        layout = values.string("layout")
        guard layout.utf8.contains(UInt8(ascii: "N")), layout.utf8.count <= ArrayShape.maxRank else {
            throw .outOfRange(
                name: "layout", value: "'\(layout.prefix(40))'",
                allowed: "a letter for each axis with an N among them, which is the axis of the samples")
        }
        convertsToFloat32 = values.bool("float32")
    }

    private static func references(
        _ values: ParameterValues, _ parameter: String
    ) throws(ParameterError) -> [ArrayReference] {
        guard let value = values.values[parameter], value != .null else { return [] }
        // The specs let nothing else pass.
        let references = ArrayReference.list(value)!
        guard references.count <= maximumArrays else {
            throw .outOfRange(
                name: parameter, value: "\(references.count) arrays", allowed: "at most \(maximumArrays)")
        }
        return references
    }

    /// What of the spec decides bytes, as text. Which arrays they are is in the manifest's hash.
    static func canonicalText(_ values: ParameterValues, batching: BatchingParameters) -> String {
        batching.canonicalText(values, without: unhashed)
    }
}

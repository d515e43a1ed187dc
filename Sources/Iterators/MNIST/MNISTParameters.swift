import DataTypes

/// The parameters of MNISTIter, checked and typed.
struct MNISTParameters: Sendable {
    let batching: BatchingParameters
    let imagePath: String
    let labelPath: String
    let isFlat: Bool

    static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "image", .string, default: .string("./train-images-idx3-ubyte"),
                "The idx file of images, plain or packed with gzip."),
            ParameterSpec(
                "label", .string, default: .string("./train-labels-idx1-ubyte"),
                "The idx file of labels, plain or packed with gzip."),
            ParameterSpec("flat", .bool, default: .bool(false), "Gives samples as rows of numbers instead of images."),
            ParameterSpec(
                "last_batch_handle", .choice(["discard", "pad", "roll_over"]), default: .string("discard"),
                "Images that do not fill a last batch are left out, as in MXNet, filled up from the epoch's start, or kept for the next."
            ),
            ParameterSpec(
                "reshuffle", .bool, default: .bool(true),
                "Shuffles anew every epoch; MXNet repeats the order of the first."),
            ParameterSpec(
                "dtype", .choice(["float32"]), default: .null, "Number format of images and labels; there is one."),
            ParameterSpec("silent", .bool, default: .bool(false), "Accepted for MXNet's sake; without effect."),
        ] + batchingSpecs

    /// Those of all iterators but for the defaults of MXNet's MNISTIter and what has no meaning here.
    private static let batchingSpecs: [ParameterSpec] = BatchingParameters.specs.compactMap { spec in
        var spec = spec
        switch spec.name {
        case "round_batch": return nil
        case "batch_size": spec.defaultValue = .integer(128)
        case "shuffle": spec.defaultValue = .bool(true)
        default: break
        }
        return spec
    }

    private static let unhashed: Set<String> = BatchingParameters.presentation.union(["image", "label", "silent"])

    init(_ values: ParameterValues) throws(ParameterError) {
        var batching = try BatchingParameters(values)
        try batching.endsEpochs(as: values.string("last_batch_handle"))
        batching.repeatsOrder = !values.bool("reshuffle")
        self.batching = batching
        imagePath = values.string("image")
        labelPath = values.string("label")
        isFlat = values.bool("flat")
        for (name, path) in [("image", imagePath), ("label", labelPath)] where path.isEmpty {
            throw .missing(name: name, iterator: MNISTIterator.name)
        }
    }

    /// What of the spec decides bytes, as text.
    static func canonicalText(_ values: ParameterValues, batching: BatchingParameters) -> String {
        batching.canonicalText(values, without: unhashed)
    }

    func provideData(height: Int, width: Int) -> DataDesc {
        isFlat
            ? DataDesc(
                name: batching.dataName, shape: [batching.batchSize, height * width], elementType: .float32,
                layout: "NC")
            : DataDesc(
                name: batching.dataName, shape: [batching.batchSize, 1, height, width], elementType: .float32,
                layout: "NCHW")
    }

    var provideLabel: DataDesc {
        DataDesc(name: batching.labelName, shape: [batching.batchSize], elementType: .float32, layout: "N")
    }

    /// MXNet's part of `count` images, for `partition="bytes"`.
    ///
    /// - Note: Follows MXNet 1.9.1 `src/io/iter_mnist.cc`, whose arithmetic is in doubles.
    func mxnetPart(_ part: Int, count: Int) -> Range<Int> {
        let share = Double(count) / Double(batching.numParts)
        let (low, high) = (Int(share * Double(part)), Int(share * Double(part + 1)))
        return min(low, count)..<min(high, count)
    }
}

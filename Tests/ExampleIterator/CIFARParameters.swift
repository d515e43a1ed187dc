import DataTypes
import Iterators

/// CIFARIter's parameters, checked and typed.
struct CIFARParameters {
    let batching: BatchingParameters
    let paths: String
    let shape: [Int]
    let labelWidth: Int
    let classCount: Int

    static let specs: [ParameterSpec] =
        [
            ParameterSpec("path_bin", .string, default: nil, "Files of rows: a path, or several separated by ';'."),
            ParameterSpec(
                "data_shape", .shape(rank: 3), default: .list([.integer(3), .integer(32), .integer(32)]),
                "Channels, height and width of a picture."),
            ParameterSpec(
                "label_width", .integer(1...16), default: .integer(1), "Labels before each picture, one byte each."),
            ParameterSpec(
                "num_classes", .integer(1...256), default: .integer(256), "Labels from this number on are wrong."),
        ] + BatchingParameters.specs

    /// Paths stand for the data, which has a hash of its own.
    private static let unhashed = BatchingParameters.presentation.union(["path_bin"])

    init(_ values: ParameterValues) throws(ParameterError) {
        batching = try BatchingParameters(values)
        paths = values.string("path_bin")
        shape = values.integers("data_shape")
        labelWidth = values.integer("label_width")
        classCount = values.integer("num_classes")
        guard !paths.isEmpty else { throw .missing(name: "path_bin", iterator: CIFARSource.name) }
        // With this no product below can overflow.
        guard shape.allSatisfy({ $0 <= 4096 }) else {
            throw .outOfRange(name: "data_shape", value: "\(shape)", allowed: "1 to 4096 on each axis")
        }
    }

    /// Bytes of a picture.
    var imageBytes: Int { shape.reduce(1, *) }
    /// Bytes of a row in the file: labels, then the picture.
    var rowBytes: Int { labelWidth + imageBytes }

    var provideData: DataDesc {
        DataDesc(name: batching.dataName, shape: [batching.batchSize] + shape, elementType: .uint8, layout: "NCHW")
    }

    var provideLabel: DataDesc {
        labelWidth == 1
            ? DataDesc(name: batching.labelName, shape: [batching.batchSize], elementType: .float32, layout: "N")
            : DataDesc(
                name: batching.labelName, shape: [batching.batchSize, labelWidth], elementType: .float32, layout: "NC")
    }

    /// What of the parameters decides bytes, as text.
    func canonicalText(_ values: ParameterValues) -> String { batching.canonicalText(values, without: Self.unhashed) }
}

import DataTypes

/// MNISTIter's line in the catalog.
enum MNISTIterator {
    static let name = "MNISTIter"

    static let kind = IteratorKind(
        name: name, summary: "Small gray images and their labels from idx files.", specs: MNISTParameters.specs,
        pathParameters: ["image", "label"]
    ) { values, context throws(StreamError) in
        try MNISTSource(values: values, context: context)
    }
}

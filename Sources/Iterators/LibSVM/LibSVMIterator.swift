import DataTypes

/// LibSVMIter's line in the catalog.
enum LibSVMIterator {
    static let name = "LibSVMIter"

    static let kind = IteratorKind(
        name: name, summary: "Sparse rows of index:value pairs from text files.", specs: LibSVMParameters.specs,
        pathParameters: ["data_libsvm", "label_libsvm"], pathListParameters: ["data_libsvm", "label_libsvm"]
    ) { values, context throws(StreamError) in
        try LibSVMSource(values: values, context: context)
    }
}

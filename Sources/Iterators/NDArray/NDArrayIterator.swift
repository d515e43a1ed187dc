import DataTypes

/// NDArrayIter's line in the catalog.
enum NDArrayIterator {
    static let name = "NDArrayIter"

    static let kind = IteratorKind(
        name: name, summary: "Rows of arrays: from .npy, .npz and HDF5 files, or handed over by the client.",
        specs: NDArrayParameters.specs, pathParameters: [], nestedPathParameters: ["data", "label"]
    ) { values, context throws(StreamError) in
        try NDArraySource(values: values, context: context)
    }
}

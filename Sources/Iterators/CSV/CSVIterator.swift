import DataTypes

/// CSVIter's line in the catalog.
enum CSVIterator {
    static let name = "CSVIter"

    static let kind = IteratorKind(
        name: name, summary: "Rows of numbers from text files.", specs: CSVParameters.specs,
        pathParameters: ["data_csv", "label_csv"], pathListParameters: ["data_csv", "label_csv"]
    ) { values, context throws(StreamError) in
        try CSVSource(values: values, context: context)
    }
}

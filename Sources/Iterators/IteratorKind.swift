package import DataTypes

/// One iterator of the catalog: its name, its parameters, and how it is opened. Validation, documentation, `--help` and
/// the tests that run over every iterator are made from this.
package struct IteratorKind: Sendable {
    /// As in MXNet: `ImageRecordIter`.
    package let name: String
    /// One sentence for lists.
    package let summary: String
    package let specs: [ParameterSpec]
    /// Parameters that name files: what the daemon checks against its roots and a client makes absolute.
    package let pathParameters: [String]
    private let opener: @Sendable (ParameterValues, IteratorContext) throws(StreamError) -> any BatchSource

    package init(
        name: String, summary: String, specs: [ParameterSpec], pathParameters: [String],
        opener: @escaping @Sendable (ParameterValues, IteratorContext) throws(StreamError) -> any BatchSource
    ) {
        self.name = name
        self.summary = summary
        self.specs = specs
        self.pathParameters = pathParameters
        self.opener = opener
    }

    /// Checks the parameters and opens the data. Blocks: reads indexes and lists.
    ///
    /// - Throws: `.badParameter`, `.notFound`, `.badData`.
    package func open(
        _ raw: [String: ParameterValue], context: IteratorContext
    ) throws(StreamError) -> any BatchSource {
        try opener(try check(raw), context)
    }

    /// Checks the parameters alone.
    package func check(_ raw: [String: ParameterValue]) throws(StreamError) -> ParameterValues {
        do throws(ParameterError) {
            return try ParameterValues(raw, specs: specs, iterator: name)
        } catch {
            throw StreamError(parameter: error)
        }
    }
}

/// What an iterator needs to know of the daemon that opens it.
package struct IteratorContext: Sendable {
    /// Where results of index scans are kept; nil: nowhere.
    package var cacheDirectory: String?
    /// Largest image, in pixels, that is decoded.
    package var maxPixels: Int
    /// Largest record, in bytes, that is read.
    package var maxRecordBytes: Int

    package init(cacheDirectory: String? = nil, maxPixels: Int = 64 << 20, maxRecordBytes: Int = 256 << 20) {
        self.cacheDirectory = cacheDirectory
        self.maxPixels = maxPixels
        self.maxRecordBytes = maxRecordBytes
    }
}

extension StreamError {
    package init(parameter error: ParameterError) { self.init(.badParameter, error.description) }
}

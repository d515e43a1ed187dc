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
    /// Those of them that may name several files: entries separated by `;`, each a file, a folder or a pattern.
    package let pathListParameters: Set<String>
    /// Parameters that name files among other things, each checked when it is read.
    package let nestedPathParameters: Set<String>
    private let opener: @Sendable (ParameterValues, IteratorContext) throws(StreamError) -> any BatchSource

    package init(
        name: String, summary: String, specs: [ParameterSpec], pathParameters: [String],
        pathListParameters: Set<String> = [], nestedPathParameters: Set<String> = [],
        opener: @escaping @Sendable (ParameterValues, IteratorContext) throws(StreamError) -> any BatchSource
    ) {
        self.name = name
        self.summary = summary
        self.specs = specs
        self.pathParameters = pathParameters
        self.pathListParameters = pathListParameters
        self.nestedPathParameters = nestedPathParameters
        self.opener = opener
    }

    /// Whether the value of a path parameter names a file at all: MXNet's iterators write `NULL` for none.
    package static func namesFile(_ path: String) -> Bool { !path.isEmpty && path != "NULL" }

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
    /// Arrays that the client has handed over, by name: what `array:NAME` stands for.
    package var arrays: [String: HandedArray] = [:]
    /// Largest batch, in bytes, that is sent. For messages that know more than the daemon's own check.
    package var maxBatchBytes: Int
    /// Memory for what need not be read or decoded again.
    package var caches: CacheBudget
    /// Decoded images that streams share.
    package var decoded: DecodedCache

    /// Memory for what is made of an array that the client handed over; it counts as an array of that name. Throws when
    /// there is no room for it.
    package var reserve: @Sendable (_ byteCount: Int, _ name: String) throws(StreamError) -> MemoryReservation? = {
        _, _ in nil
    }

    /// The path to open for a file that a list, a folder or a pattern of parameter `parameter` came to. Throws when the
    /// client may not read it: what a folder holds can be a link to anywhere.
    package var authorise: @Sendable (_ path: String, _ parameter: String) throws(StreamError) -> String
    /// Whether a file that is opened later, behind `authorise`, is opened through symbolic links. What is opened within the
    /// iterator's `open` goes by the `LinkRule` there.
    package var followsLinks = true

    package init(
        cacheDirectory: String? = nil, maxPixels: Int = 64 << 20, maxRecordBytes: Int = 256 << 20,
        maxBatchBytes: Int = 1 << 30, caches: CacheBudget = CacheBudget(limitBytes: 256 << 20),
        decoded: DecodedCache = DecodedCache(budget: CacheBudget(limitBytes: 1 << 50)),
        authorise: @escaping @Sendable (String, String) throws(StreamError) -> String = { path, _ in path }
    ) {
        self.cacheDirectory = cacheDirectory
        self.maxPixels = maxPixels
        self.maxRecordBytes = maxRecordBytes
        self.maxBatchBytes = maxBatchBytes
        self.caches = caches
        self.decoded = decoded
        self.authorise = authorise
    }
}

extension StreamError {
    package init(parameter error: ParameterError) { self.init(.badParameter, error.description) }
}

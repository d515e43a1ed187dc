internal import DataTypes

/// One entry of `tokens`: a client, known by the SHA-256 of the token that it shows, and what it may do.
package struct TokenConfiguration: Sendable, Hashable {
    package var name: String
    /// The SHA-256 of the token's text, 32 bytes.
    package var digest: [UInt8]
    /// The only data sets that it may open; nil: all, and iterators over files of its own choice beneath `roots`.
    package var datasets: [String]?
    /// Bytes that its streams and arrays may hold; nil: `limits.memory_per_client`.
    package var memoryBytes: Int?
    /// Streams that it may have open at the same time; nil: as many as `limits.streams` lets everybody have.
    package var streams: Int?
    package var origin: ConfigurationOrigin

    package init(
        name: String, digest: [UInt8] = [], datasets: [String]? = nil, memoryBytes: Int? = nil, streams: Int? = nil,
        origin: ConfigurationOrigin = .builtIn
    ) {
        self.name = name
        self.digest = digest
        self.datasets = datasets
        self.memoryBytes = memoryBytes
        self.streams = streams
        self.origin = origin
    }

    /// Whether the configuration takes it for a token's name.
    package static func isName(_ text: String) -> Bool { DatasetNodeReader.isName(text) }

    /// The digest as the file has it.
    package var digestText: String { hexadecimal(digest) }
}

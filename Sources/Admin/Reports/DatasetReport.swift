/// One entry of `GET /v1/datasets`.
package struct DatasetReport: Codable, Sendable, Hashable {
    package var name: String
    package var iterator: String
    /// The configured ones, values as text.
    package var parameters: [String: String]
    /// Parameters that clients may not change, sorted.
    package var locked: [String]
    package var openStreams: Int

    enum CodingKeys: String, CodingKey {
        case name, iterator, parameters, locked
        case openStreams = "open_streams"
    }

    package init(
        name: String, iterator: String, parameters: [String: String], locked: [String], openStreams: Int
    ) {
        self.name = name
        self.iterator = iterator
        self.parameters = parameters
        self.locked = locked
        self.openStreams = openStreams
    }
}

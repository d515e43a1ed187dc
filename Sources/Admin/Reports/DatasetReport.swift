/// One entry of `GET /v1/datasets`.
package struct DatasetReport: Codable, Sendable, Hashable {
    package var name: String
    package var iterator: String
    /// The configured ones, values as text.
    package var parameters: [String: String]
    /// Parameters that clients may not change, sorted.
    package var locked: [String]
    package var openStreams: Int
    /// What the data was when a stream was last opened: the manifest's hash and the number of its records. nil: nobody
    /// has opened it since the daemon started, or since a reload changed it.
    package var manifest: String?
    package var records: Int?
    /// Of all streams since the daemon started.
    package var batches: UInt64
    package var samples: UInt64
    package var badRecords: UInt64

    enum CodingKeys: String, CodingKey {
        case name, iterator, parameters, locked, manifest, records, batches, samples
        case openStreams = "open_streams"
        case badRecords = "bad_records"
    }

    package init(
        name: String, iterator: String, parameters: [String: String], locked: [String], openStreams: Int,
        manifest: String?, records: Int?, batches: UInt64, samples: UInt64, badRecords: UInt64
    ) {
        self.name = name
        self.iterator = iterator
        self.parameters = parameters
        self.locked = locked
        self.openStreams = openStreams
        self.manifest = manifest
        self.records = records
        self.batches = batches
        self.samples = samples
        self.badRecords = badRecords
    }
}

/// One entry of `GET /v1/bad-records`.
package struct BadRecordEntry: Codable, Sendable, Hashable {
    /// Seconds since 1970-01-01 UTC.
    package var atSeconds: Double
    package var clientID: UInt64
    package var streamID: UInt64
    package var dataset: String?
    package var epoch: Int
    package var step: Int
    /// A short class: `damaged_record`, `bad_image`, `bad_label`, `too_large`, `read_failed`.
    package var reason: String
    package var message: String
    package var file: String
    /// Bytes from the start of the file.
    package var offset: UInt64
    package var record: Int

    enum CodingKeys: String, CodingKey {
        case dataset, epoch, step, reason, message, file, offset, record
        case atSeconds = "at_seconds"
        case clientID = "client_id"
        case streamID = "stream_id"
    }

    package init(
        atSeconds: Double, clientID: UInt64, streamID: UInt64, dataset: String?, epoch: Int, step: Int, reason: String,
        message: String, file: String, offset: UInt64, record: Int
    ) {
        self.atSeconds = atSeconds
        self.clientID = clientID
        self.streamID = streamID
        self.dataset = dataset
        self.epoch = epoch
        self.step = step
        self.reason = reason
        self.message = message
        self.file = file
        self.offset = offset
        self.record = record
    }
}

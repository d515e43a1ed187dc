/// One entry of `GET /v1/clients`.
package struct ClientReport: Codable, Sendable, Hashable {
    /// Unique in this daemon's life.
    package var id: UInt64
    /// `unix`, or the address and port.
    package var peer: String
    /// Known for Unix sockets.
    package var processID: Int?
    package var userID: Int?
    /// As the client named itself; empty before its greeting.
    package var software: String
    package var state: String
    package var streamID: UInt64?
    /// Seconds since 1970-01-01 UTC.
    package var connectedAtSeconds: Double
    package var connectedSeconds: Double
    package var receivedFrames: UInt64
    package var sentFrames: UInt64
    package var sentBytes: UInt64

    enum CodingKeys: String, CodingKey {
        case id, peer, software, state
        case processID = "process_id"
        case userID = "user_id"
        case streamID = "stream_id"
        case connectedAtSeconds = "connected_at_seconds"
        case connectedSeconds = "connected_seconds"
        case receivedFrames = "received_frames"
        case sentFrames = "sent_frames"
        case sentBytes = "sent_bytes"
    }

    package init(
        id: UInt64, peer: String, processID: Int?, userID: Int?, software: String, state: String, streamID: UInt64?,
        connectedAtSeconds: Double, connectedSeconds: Double, receivedFrames: UInt64, sentFrames: UInt64,
        sentBytes: UInt64
    ) {
        self.id = id
        self.peer = peer
        self.processID = processID
        self.userID = userID
        self.software = software
        self.state = state
        self.streamID = streamID
        self.connectedAtSeconds = connectedAtSeconds
        self.connectedSeconds = connectedSeconds
        self.receivedFrames = receivedFrames
        self.sentFrames = sentFrames
        self.sentBytes = sentBytes
    }
}

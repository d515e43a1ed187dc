/// How a client waits and how much it takes. Every wait has a deadline.
public struct HeadraceOptions: Sendable {
    /// For the connection and the greeting.
    public var connectTimeout = Duration.seconds(10)
    /// For the answer to an open: the server may have to read a large index first.
    public var openTimeout = Duration.seconds(300)
    /// For the next batch.
    public var batchTimeout = Duration.seconds(60)
    /// For every other answer.
    public var requestTimeout = Duration.seconds(60)
    /// Batches under way or waiting here, beside those that the caller holds.
    public var window = 2
    /// Whether the server adds checksums to batches, which costs both sides a pass over them.
    public var checksums = false
    /// Whether batches of a server on the same machine are mapped instead of received.
    public var sharesMemory = true
    /// The largest batch that is accepted, in bytes.
    public var maxBatchBytes = Int(UInt32.max)
    /// For `tls://` endpoints.
    public var tls = HeadraceTLS()
    /// The token that the server asks for over the network; nil: none is shown. It is not sent to another machine without TLS.
    public var token: String?
    /// How this program names itself to the server, for its status pages.
    public var software = "headrace-swift/0.1.0"
    /// Called for every notice, such as a record that was left out. Must not block.
    public var onNotice: (@Sendable (HeadraceNotice) -> Void)?

    /// The defaults.
    public init() {}
}

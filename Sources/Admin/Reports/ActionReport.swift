/// Answer to an action that has begun.
package struct ActionReport: Codable, Sendable, Hashable {
    /// Of the stream or client; nil for the daemon as a whole.
    package var id: UInt64?
    /// `stopping`, `paused`, `resumed`, `disconnecting`, `draining`.
    package var state: String

    package init(id: UInt64?, state: String) {
        self.id = id
        self.state = state
    }
}

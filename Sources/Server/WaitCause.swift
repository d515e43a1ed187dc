/// What a stream waits for.
package enum WaitCause: String, Sendable, CaseIterable {
    /// The client has not asked for more batches.
    case credit
    /// The next batch is not ready.
    case decode
    /// The client takes the bytes slower than they come.
    case socket
    /// An administrator has paused it.
    case pause
    /// The epoch is over, or failed; the client has not gone to another place.
    case reset
}

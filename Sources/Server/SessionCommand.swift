import DataTypes

/// What the server tells a session through its channel.
enum SessionCommand: Sendable {
    /// Tell the client to finish.
    case drain(deadlineSeconds: Double)
    /// The time to finish is over.
    case drainTimedOut
    /// Say why and close.
    case disconnect(StreamError)
    /// Close now.
    case abort
}

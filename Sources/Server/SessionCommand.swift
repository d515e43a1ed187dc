import DataTypes

/// What the server tells a session through its channel.
enum SessionCommand: Sendable {
    /// Tell the client to finish.
    case drain(deadlineSeconds: Double)
    /// The time to finish is over.
    case drainTimedOut
    /// Of one stream: the session's may be another by the time this arrives.
    case stop(streamID: UInt64)
    case pause(streamID: UInt64)
    case resume(streamID: UInt64)
    /// Say why and close.
    case disconnect(StreamError)
    /// Close now.
    case abort
}

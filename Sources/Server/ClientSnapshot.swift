package import DataTypes

/// One connection at one moment.
package struct ClientSnapshot: Sendable {
    /// Who it is. `id` is what `Server.disconnect` takes; `software` is empty until HELLO.
    package var identity: ClientIdentity
    /// Seconds since 1970-01-01 UTC.
    package var connectedAtSeconds: Double
    package var connectedSeconds: Double
    package var sentBytes: UInt64
    package var receivedFrames: UInt64
    package var sentFrames: UInt64
    /// The stream's id when one is open.
    package var streamID: UInt64?
    package var state: SessionState
}

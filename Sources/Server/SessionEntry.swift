import DataTypes
import NIOCore

/// What the registry knows of one session.
struct SessionEntry {
    /// What the session's stream is and how it fares.
    struct OpenStream {
        let id: UInt64
        let stream: any BatchStream
        let dataset: String?
        let label: String?
        let openedAt: ContinuousClock.Instant
        var credits = 0
        var isPaused = false
        var waiting = WaitClock()
    }

    var identity: ClientIdentity
    let source: ClientSource
    /// Commands reach the session's handler through its channel.
    let channel: any Channel
    let connectedAt: ContinuousClock.Instant
    let connectedAtSeconds: Double
    var state = SessionState.connected
    var sentBytes: UInt64 = 0
    var receivedFrames: UInt64 = 0
    var sentFrames: UInt64 = 0
    var open: OpenStream?
    /// The session still counts against the limits while its last ERROR travels, but it serves no more.
    var isClosing: Bool { state == .closing }
}

import DataTypes

/// How long a session may keep the server waiting. A value: it is told the time and what it needs to know, and says
/// what is due.
struct SessionDeadlines {
    enum Action: Equatable {
        case ping
        /// Say why and close.
        case fail(StreamError)
        /// The peer takes no bytes, so there is no way to tell it: close.
        case abort(reason: String)
    }

    let handshakeTimeout: Duration
    let idleTimeout: Duration?
    let writeStallTimeout: Duration
    let pingInterval: Duration?
    private let connectedAt: ContinuousClock.Instant
    /// When the last whole frame came, or when the server last owed the client something.
    private var quietSince: ContinuousClock.Instant
    private var isPingOutstanding = false
    /// Bytes the socket had taken when it last took some.
    private var sentBytes: UInt64 = 0
    private var sentAt: ContinuousClock.Instant

    init(_ configuration: ServerConfiguration, now: ContinuousClock.Instant) {
        handshakeTimeout = configuration.handshakeTimeout
        idleTimeout = configuration.idleTimeout
        writeStallTimeout = configuration.writeStallTimeout
        pingInterval = configuration.pingInterval
        connectedAt = now
        quietSince = now
        sentAt = now
    }

    /// How often `check` must be called for every time-out to be kept within a quarter of itself.
    var checkInterval: Duration {
        let others = [writeStallTimeout, idleTimeout ?? .seconds(3600), pingInterval ?? .seconds(3600)]
        let shortest = others.reduce(handshakeTimeout, min)
        return min(max(shortest / 4, .milliseconds(10)), .seconds(5))
    }

    /// A whole frame came.
    mutating func heard(now: ContinuousClock.Instant) {
        quietSince = now
        isPingOutstanding = false
    }

    /// - Parameters:
    ///   - hasGreeted: the client's HELLO has come.
    ///   - isClientsTurn: the server waits for the client and owes it nothing.
    ///   - sentBytes: all that the socket has taken so far.
    ///   - pendingBytes: what waits for the socket.
    mutating func check(
        now: ContinuousClock.Instant, hasGreeted: Bool, isClientsTurn: Bool, sentBytes: UInt64, pendingBytes: Int
    ) -> Action? {
        if pendingBytes == 0 || sentBytes != self.sentBytes {
            self.sentBytes = sentBytes
            sentAt = now
        } else if now - sentAt >= writeStallTimeout {
            return .abort(
                reason: "the client took no byte for \((now - sentAt).seconds) s; \(pendingBytes) bytes were pending")
        }
        guard hasGreeted else {
            guard now - connectedAt >= handshakeTimeout else { return nil }
            return .fail(
                StreamError(
                    .timeout, "no HELLO came within \(handshakeTimeout.seconds) s",
                    hint: "send HELLO first, or raise timeouts.handshake", isRetryable: true))
        }
        guard isClientsTurn, pendingBytes == 0 else {
            // Time that the server took is not the client's silence.
            quietSince = now
            return nil
        }
        let quiet = now - quietSince
        if let idleTimeout, quiet >= idleTimeout {
            return .fail(
                StreamError(
                    .timeout, "nothing came from the client for \(idleTimeout.seconds) s",
                    hint: "send PING in long pauses, or raise timeouts.idle", isRetryable: true))
        }
        if let pingInterval, quiet >= pingInterval, !isPingOutstanding {
            // One at a time: a client that does not read is not buried in questions.
            isPingOutstanding = true
            return .ping
        }
        return nil
    }
}

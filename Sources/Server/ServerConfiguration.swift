package import Transport

/// Where the server listens, how long it waits and how much it allows.
package struct ServerConfiguration: Sendable {
    /// Where connections come from.
    package enum Source: Sendable {
        /// The server binds it itself.
        case endpoint(Endpoint)
        /// A socket that already listens, as systemd hands over. The server owns and closes it from `bind` on.
        case adopted(descriptor: CInt)
    }

    package var listeners: [Source]
    /// Who the server is to those who come over TCP; nil: they come without TLS.
    package var tls: TLSServerIdentity?
    /// Who may come; without any token everybody may who gets through to the socket.
    package var tokens: AccessTokens
    /// As the server names itself in HELLO.
    package var software: String
    /// Permission bits of Unix sockets that the server creates.
    package var unixSocketMode: UInt32
    /// From connect to the client's HELLO.
    package var handshakeTimeout: Duration
    /// How long a client may say nothing while the server waits for it: no stream, no credit, or an epoch at its end.
    /// Nil: for ever. Trainers pause for minutes to validate or to write a checkpoint; this is for peers that are gone.
    package var idleTimeout: Duration?
    /// How long a peer may take nothing from its socket while data is pending.
    package var writeStallTimeout: Duration
    /// After so much silence the server sends a PING. Its answer counts as a sign of life. Nil: never.
    package var pingInterval: Duration?
    /// Connections at the same time, all clients together.
    package var maxConnections: Int
    /// Connections at the same time of one user id (Unix sockets) or one address (TCP).
    package var maxConnectionsPerClient: Int
    /// Connections a second, all clients together. After a pause as many may come at once as may be there at the same time.
    package var maxConnectsPerSecond: Int
    /// Connections a second of one user id (Unix sockets) or one address (TCP), likewise.
    package var maxConnectsPerSecondPerClient: Int
    /// Streams open or being opened at the same time, all clients together.
    package var maxStreams: Int
    /// Streams open or being opened at the same time by one user id (Unix sockets) or one address (TCP).
    package var maxStreamsPerClient: Int
    /// The largest BATCH payload in bytes that an OPEN may lead to.
    package var maxFrameBytes: Int
    /// Whether clients on the same machine map their batches instead of receiving the bytes.
    package var sharesMemory: Bool
    /// How long `run` lets clients finish after a graceful shutdown was asked for.
    package var drainTimeout: Duration

    package init(
        listeners: [Source], software: String = "headraced", unixSocketMode: UInt32 = 0o660,
        handshakeTimeout: Duration = .seconds(10), idleTimeout: Duration? = .seconds(3600),
        writeStallTimeout: Duration = .seconds(60), pingInterval: Duration? = .seconds(30),
        maxConnections: Int = 4096, maxConnectionsPerClient: Int = 2048, maxConnectsPerSecond: Int = 1_000_000,
        maxConnectsPerSecondPerClient: Int = 1_000_000, maxStreams: Int = 1024, maxStreamsPerClient: Int = 1024,
        maxFrameBytes: Int = ByteBufferSlabAllocator.maxSlabBytes, sharesMemory: Bool = true,
        drainTimeout: Duration = .seconds(30), tls: TLSServerIdentity? = nil, tokens: AccessTokens = AccessTokens()
    ) {
        self.listeners = listeners
        self.tls = tls
        self.tokens = tokens
        self.software = software
        self.unixSocketMode = unixSocketMode
        self.handshakeTimeout = handshakeTimeout
        self.idleTimeout = idleTimeout
        self.writeStallTimeout = writeStallTimeout
        self.pingInterval = pingInterval
        self.maxConnections = maxConnections
        self.maxConnectionsPerClient = maxConnectionsPerClient
        self.maxConnectsPerSecond = maxConnectsPerSecond
        self.maxConnectsPerSecondPerClient = maxConnectsPerSecondPerClient
        self.maxStreams = maxStreams
        self.maxStreamsPerClient = maxStreamsPerClient
        self.maxFrameBytes = maxFrameBytes
        self.sharesMemory = sharesMemory
        self.drainTimeout = drainTimeout
    }
}

package import NIOCore
internal import NIOPosix

/// A server's socket that accepts connections.
package final class Listener: Sendable {
    /// How fast connections are taken off the queue: so many a second in the long run, and so many at once after a pause, or a few
    /// more, as one wake-up takes several. The others wait.
    package struct Pace: Sendable {
        package let perSecond: Int
        package let burst: Int
        package static let asTheyCome = Pace(perSecond: 1_000_000_000, burst: 1_000_000_000)

        /// - Precondition: both are 1 to 10⁹.
        package init(perSecond: Int, burst: Int) {
            precondition((1...1_000_000_000).contains(perSecond) && (1...1_000_000_000).contains(burst))
            self.perSecond = perSecond
            self.burst = burst
        }
    }

    package let channel: any Channel
    /// Where it really listens: a port of 0 has become one.
    package let endpoint: Endpoint
    private let file: SocketFile?

    private init(channel: any Channel, endpoint: Endpoint, file: SocketFile?) {
        self.channel = channel
        self.endpoint = endpoint
        self.file = file
    }

    /// Binds `endpoint` and accepts connections.
    ///
    /// A socket file that a crashed server left behind is replaced; one that somebody answers at, or a file of another
    /// kind, is left alone.
    ///
    /// - Parameters:
    ///   - mode: permission bits of a Unix socket.
    ///   - tls: who the server is to those who come over TCP; nil: they come without TLS. The endpoint is then `tls://`.
    ///   - child: sets up each connection, on its event loop.
    package static func bind(
        _ endpoint: Endpoint, mode: UInt32 = 0o660, tls: TLSServerIdentity? = nil, pace: Pace = .asTheyCome,
        group: any EventLoopGroup, child: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws(ListenError) -> Listener {
        try await start(pace, group, tls, child) { () throws(ListenError) in
            try ListeningSocket.open(endpoint, mode: mode)
        }
    }

    /// Accepts connections on a socket that already listens, and owns it from now on.
    package static func adopt(
        descriptor: CInt, tls: TLSServerIdentity? = nil, pace: Pace = .asTheyCome, group: any EventLoopGroup,
        child: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws(ListenError) -> Listener {
        try await start(pace, group, tls, child) { () throws(ListenError) in try ListeningSocket.adopt(descriptor) }
    }

    /// Whether others than processes of this machine's file system can reach the socket.
    package static func isNetwork(descriptor: CInt) -> Bool { ListeningSocket.isNetwork(descriptor) }

    private static func start(
        _ pace: Pace, _ group: any EventLoopGroup, _ tls: TLSServerIdentity?,
        _ child: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>,
        _ open: @escaping @Sendable () throws(ListenError) -> ListeningSocket
    ) async throws(ListenError) -> Listener {
        let socket: ListeningSocket
        do {
            // Names are resolved here, which may block.
            socket = try await NIOThreadPool.singleton.runIfActive { try open() }
        } catch let error as ListenError {
            throw error
        } catch {
            throw .systemCall("thread pool", nil, errorNumber: 0)
        }
        var endpoint = socket.endpoint
        // NIO listens once more, with its own idea of how many connections may wait.
        var bootstrap = ServerBootstrap(group: group).childChannelInitializer(child)
            .serverChannelOption(.backlog, value: ListeningSocket.backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPacer(pace))
                }
            }
        if case .tcp(let host, let port) = endpoint {
            if let tls {
                endpoint = .tls(host: host, port: port)
                bootstrap = bootstrap.childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try tls.secure(channel) }.flatMap { child(channel) }
                }
            }
            // Control frames are small, and a batch's header must not wait for an acknowledgement.
            bootstrap = bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        }
        do {
            let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
            return Listener(channel: channel, endpoint: endpoint, file: socket.file)
        } catch {
            socket.file?.remove()
            throw .systemCall("register", socket.endpoint, errorNumber: (error as? IOError)?.errnoCode ?? 0)
        }
    }

    /// Stops accepting and removes the socket file. Connections already accepted live on.
    package func close() async {
        file?.remove()
        // It fails only when the channel is already closed.
        try? await channel.close().get()
    }
}

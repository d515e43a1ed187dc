internal import Glibc
package import NIOCore
internal import NIOPosix

/// Makes connections to a server.
package enum Connector {
    /// - Parameters:
    ///   - tls: this side's files, for a `tls://` endpoint. The handshake goes on when the connection is there.
    ///   - deadline: for the name's resolution and the connection together.
    ///   - readsAtOnce: false leaves what comes in the socket until the channel's option `autoRead` is set.
    ///   - setUp: sets up the connection, on its event loop, before the first byte.
    package static func connect(
        to endpoint: Endpoint, group: any EventLoopGroup, tls: TLSClientFiles = TLSClientFiles(), deadline: Duration,
        readsAtOnce: Bool = true,
        setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws(ConnectError) -> any Channel {
        let client = try await client(of: endpoint, tls)
        let bootstrap = ClientBootstrap(group: group).connectTimeout(TimeAmount(deadline))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try client?.secure(channel) }.flatMap { setUp(channel) }
            }
            // Batches are large: fewer and larger reads. What a read leaves behind is reused by the next.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 * 1024))
            .channelOption(.autoRead, value: readsAtOnce)
        do {
            switch endpoint {
            case .unix(let path):
                return try await connectLocally(bootstrap, path, until: .now + deadline)
            case .tcp(let host, let port), .tls(let host, let port):
                return try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port).get()
            }
        } catch {
            throw ConnectError(endpoint, deadline: deadline, cause: error)
        }
    }

    /// Connects to a Unix socket, again while its queue of connections is full: the kernel does not wait for room as it does on TCP.
    private static func connectLocally(
        _ bootstrap: ClientBootstrap, _ path: String, until end: ContinuousClock.Instant
    ) async throws -> any Channel {
        var pause = Duration.milliseconds(2)
        while true {
            do {
                return try await bootstrap.connect(unixDomainSocketPath: path).get()
            } catch let error as IOError where error.errnoCode == EAGAIN {
                guard .now + pause < end else { throw ChannelError.connectTimeout(.zero) }
            }
            try await Task.sleep(for: pause, clock: .continuous)
            pause = min(pause * 2, .milliseconds(100))
        }
    }

    /// nil for an endpoint without TLS.
    private static func client(of endpoint: Endpoint, _ files: TLSClientFiles) async throws(ConnectError) -> TLSClient?
    {
        guard case .tls(let host, _) = endpoint else { return nil }
        do {
            // Files are read on a thread that may block.
            return try await NIOThreadPool.singleton.runIfActive { try TLSClient(files, host: host) }
        } catch let error as TLSFileError {
            throw .badFile(error)
        } catch {
            throw .other(endpoint, reason: "\(error)")
        }
    }
}

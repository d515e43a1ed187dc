import Foundation
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing
import Transport

@Suite("Listener and connector")
struct ListenerTests {
    private let group = NIOSingletons.posixEventLoopGroup
    /// For a machine that is busy with other tests; nothing here lets it pass.
    private let deadline = Duration.seconds(120)

    /// Echoes what comes.
    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }
    }

    /// Answers a promise with the first bytes that come.
    private final class First: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            promise.succeed(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }

    private static let echo: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
    }

    private func roundTrip(_ endpoint: Endpoint) async throws -> String {
        let loop = group.next()
        let promise = loop.makePromise(of: String.self)
        let channel = try await Connector.connect(to: endpoint, group: loop, deadline: deadline) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(First(promise)) }
        }
        try await channel.writeAndFlush(ByteBuffer(string: "water"))
        let answer = try await promise.futureResult.get()
        try await channel.close().get()
        return answer
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        // The variable outlives the call.
        guard unsafe lstat(path, &status) == 0 else { return 0 }
        return status.st_mode
    }

    @Test("bytes go through a Unix socket, which has the mode asked for and is removed at the end")
    func unix() async throws {
        let directory = try TemporaryFolder()
        let path = directory.path + "/data.sock"
        let listener = try await Listener.bind(.unix(path: path), mode: 0o640, group: group, child: Self.echo)
        #expect(mode(path) & 0o777 == 0o640)
        #expect(try await roundTrip(.unix(path: path)) == "water")
        await listener.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("bytes go through TCP, and port 0 becomes a real one", arguments: ["127.0.0.1", "localhost"])
    func tcp(host: String) async throws {
        let listener = try await Listener.bind(.tcp(host: host, port: 0), group: group, child: Self.echo)
        guard case .tcp(host, let port) = listener.endpoint else {
            Issue.record("\(listener.endpoint)")
            return
        }
        #expect(port > 0)
        #expect(try await roundTrip(listener.endpoint) == "water")
        await listener.close()
    }

    @Test("a Unix peer is this process; a TCP peer is unknown")
    func credentials() async throws {
        let directory = try TemporaryFolder()
        for endpoint in [Endpoint.unix(path: directory.path + "/s"), .tcp(host: "127.0.0.1", port: 0)] {
            let promise = group.next().makePromise(of: PeerCredentials?.self)
            let listener = try await Listener.bind(endpoint, group: group) { channel in
                PeerCredentials.read(from: channel).map { promise.succeed($0) }
            }
            let channel = try await Connector.connect(to: listener.endpoint, group: group, deadline: deadline) {
                $0.eventLoop.makeSucceededVoidFuture()
            }
            let credentials = try await promise.futureResult.get()
            if case .unix = endpoint {
                #expect(credentials?.processID == getpid())
                #expect(credentials?.userID == getuid())
            } else {
                #expect(credentials == nil)
            }
            try await channel.close().get()
            await listener.close()
        }
    }

    @Test("a socket file that a dead server left behind is replaced")
    func stale() async throws {
        let directory = try TemporaryFolder()
        let path = directory.path + "/data.sock"
        Glibc.close(try boundUnixSocket(path))
        #expect(FileManager.default.fileExists(atPath: path))
        let listener = try await Listener.bind(.unix(path: path), group: group, child: Self.echo)
        #expect(try await roundTrip(.unix(path: path)) == "water")
        await listener.close()
    }

    @Test("a running server keeps its socket")
    func running() async throws {
        let directory = try TemporaryFolder()
        let path = directory.path + "/data.sock"
        let first = try await Listener.bind(.unix(path: path), group: group, child: Self.echo)
        let error = await #expect(throws: ListenError.self) {
            try await Listener.bind(.unix(path: path), group: group, child: Self.echo)
        }
        #expect(error == .runningServer(path: path))
        #expect(error?.description.contains("running server") == true)
        #expect(try await roundTrip(.unix(path: path)) == "water")
        await first.close()
    }

    @Test("a file that is not a socket is left alone")
    func notASocket() async throws {
        let directory = try TemporaryFolder()
        let path = directory.path + "/precious"
        try "data".write(toFile: path, atomically: false, encoding: .utf8)
        let error = await #expect(throws: ListenError.self) {
            try await Listener.bind(.unix(path: path), group: group, child: Self.echo)
        }
        #expect(error == .notASocket(path: path))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "data")
    }

    @Test("closing does not remove the socket of a server that took the path since")
    func replaced() async throws {
        let directory = try TemporaryFolder()
        let path = directory.path + "/data.sock"
        let old = try await Listener.bind(.unix(path: path), group: group, child: Self.echo)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        let new = try await Listener.bind(.unix(path: path), group: group, child: Self.echo)
        await old.close()
        #expect(try await roundTrip(.unix(path: path)) == "water")
        await new.close()
    }

    @Test("a port that is taken, a directory that is missing and a host that nobody knows are named")
    func cannotListen() async throws {
        let first = try await Listener.bind(.tcp(host: "127.0.0.1", port: 0), group: group, child: Self.echo)
        guard case .tcp(let host, let port) = first.endpoint else { return }
        let taken = await #expect(throws: ListenError.self) {
            try await Listener.bind(first.endpoint, group: group, child: Self.echo)
        }
        #expect(taken == .portInUse(host: host, port: port))
        await first.close()

        let missing = await #expect(throws: ListenError.self) {
            try await Listener.bind(.unix(path: "/tmp/headrace-no-such-directory/s"), group: group, child: Self.echo)
        }
        #expect(missing == .noDirectory(path: "/tmp/headrace-no-such-directory/s"))

        let unknown = await #expect(throws: ListenError.self) {
            try await Listener.bind(.tcp(host: "no-such-host.invalid", port: 0), group: group, child: Self.echo)
        }
        guard case .noSuchHost? = unknown else {
            Issue.record("\(String(describing: unknown))")
            return
        }
    }

    @Test("a descriptor that already listens is adopted, and its file stays")
    func adopt() async throws {
        let directory = try TemporaryFolder()
        let path = directory.path + "/activated.sock"
        let listener = try await Listener.adopt(
            descriptor: try listeningUnixSocket(path), group: group, child: Self.echo)
        #expect(listener.endpoint == .unix(path: path))
        #expect(try await roundTrip(.unix(path: path)) == "water")
        await listener.close()
        // systemd keeps the socket and gives it to the next start.
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test("a descriptor that is no listening socket is refused")
    func adoptOther() async throws {
        // The path is only read.
        let file = unsafe open("/dev/null", O_RDONLY)
        let unbound = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let datagram = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { for descriptor in [file, unbound, datagram] { Glibc.close(descriptor) } }
        for descriptor in [file, unbound, datagram, 9999] {
            let error = await #expect(throws: ListenError.self) {
                try await Listener.adopt(descriptor: descriptor, group: group, child: Self.echo)
            }
            guard case .badDescriptor(descriptor, _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("a connection that cannot be made says why")
    func cannotConnect() async throws {
        let directory = try TemporaryFolder()
        let missing = directory.path + "/none.sock"
        #expect(await connectError(.unix(path: missing)) == .noSocket(path: missing))
        let dead = directory.path + "/dead.sock"
        Glibc.close(try boundUnixSocket(dead))
        #expect(await connectError(.unix(path: dead)) == .refused(.unix(path: dead)))
        // Held to the end, so that nobody else gets the port and listens there.
        let (silent, port) = try boundTCPSocket()
        defer { Glibc.close(silent) }
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
        #expect(await connectError(endpoint) == .refused(endpoint))
    }

    private func connectError(_ endpoint: Endpoint) async -> ConnectError? {
        do throws(ConnectError) {
            _ = try await Connector.connect(to: endpoint, group: group, deadline: deadline) {
                $0.eventLoop.makeSucceededVoidFuture()
            }
            return nil
        } catch {
            return error
        }
    }

    /// A listening socket made with plain system calls, as systemd would have made it.
    private func listeningUnixSocket(_ path: String) throws -> CInt {
        let descriptor = try boundUnixSocket(path)
        try #require(listen(descriptor, 5) == 0)
        return descriptor
    }

    /// A socket with a file that never listens: closed, it is that of a dead server. One that has listened could still do so
    /// in a child that another test is just starting.
    private func boundUnixSocket(_ path: String) throws -> CInt {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The path is short, and the variable outlives the calls.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        return descriptor
    }

    /// A socket that has a port of this machine and does not listen there. The caller closes it.
    private func boundTCPSocket() throws -> (descriptor: CInt, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The variables outlive the calls, and the size is the address's.
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                guard unsafe Glibc.bind(descriptor, name, byteCount) == 0 else { return CInt(-1) }
                return unsafe getsockname(descriptor, name, &byteCount)
            }
        }
        try #require(status == 0)
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}

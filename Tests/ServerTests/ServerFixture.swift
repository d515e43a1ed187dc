import DataTypes
import Foundation
import Logging
import NIOPosix
import Server
import Transport

/// A server with a fake opener on a Unix and a TCP socket, in a directory of its own.
struct ServerFixture {
    let server: Server
    let opener: FakeOpener
    let directory: String
    /// `unix:…` first, then `tcp://…`.
    let addresses: [String]

    var unix: String { addresses[0] }
    var tcp: String { addresses[1] }

    /// Runs `body` with a server, then stops it. Fails when the server does not end.
    static func with(
        _ plan: FakePlan = FakePlan(), configure: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/headrace-server-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var configuration = ServerConfiguration(
            listeners: [.endpoint(.unix(path: directory + "/s")), .endpoint(.tcp(host: "127.0.0.1", port: 0))],
            // Neither is to run out while the machine is busy, unless a test asks for it.
            software: "headraced/test", handshakeTimeout: .seconds(600), pingInterval: nil)
        configure(&configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let opener = FakeOpener(plan)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = Server(configuration: configuration, opener: opener, group: group, logger: logger)
        let addresses = try await server.bind()
        let running = Task { try await server.run() }
        let fixture = ServerFixture(server: server, opener: opener, directory: directory, addresses: addresses)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(fixture))
        } catch {
            result = .failure(error)
        }
        server.beginDrain(deadline: .zero)
        try await running.value
        try await group.shutdownGracefully()
        try result.get()
    }
}

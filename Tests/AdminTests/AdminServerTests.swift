import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing
import Transport

@testable import Admin

@Suite("Admin server", .timeLimit(.minutes(10))) struct AdminServerTests {
    /// Runs a server in a fresh folder while `body` talks to it, then stops it gracefully.
    static func withServer(
        _ control: FakeControlPlane, _ body: @Sendable (_ folder: String, _ endpoints: [Endpoint]) async throws -> Void
    ) async throws {
        let everybody = AdminPolicy(administrators: nil, readers: nil, ownUserID: 0)
        let folder = "/tmp/hr-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = AdminServer(
            places: [
                .init(.endpoint(.unix(path: folder + "/admin.sock"), mode: 0o600), policy: everybody),
                .init(.endpoint(.tcp(host: "127.0.0.1", port: 0), mode: 0), policy: nil),
            ], control: control, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let endpoints = try await server.bind()
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do { result = .success(try await body(folder, endpoints)) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/admin.sock"), "the socket file is left behind")
    }

    /// What curl prints: the status, a space, the content type, a line break, the body.
    static func curl(_ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["-sS", "-m", "600", "-w", "\n%{http_code} %{content_type}"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { _ in
                let data = (try? output.fileHandleForReading.readToEnd()) ?? nil
                continuation.resume(returning: String(decoding: data ?? Data(), as: UTF8.self))
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }

    @Test("curl reads pages and acts over the Unix socket, two requests a connection")
    func unixSocket() async throws {
        let control = FakeControlPlane()
        try await Self.withServer(control) { folder, _ in
            let socket = ["--unix-socket", folder + "/admin.sock"]
            let status = try await Self.curl(socket + ["http://h/v1/status?pretty=1", "http://h/healthz"])
            #expect(status.contains("\"version\":\"1.2.3\""))
            #expect(status.contains("\n200 application/json"))
            #expect(status.hasSuffix("ok\n\n200 text/plain; charset=utf-8"))
            let drain = try await Self.curl(socket + ["-X", "POST", "-d", "ignored", "http://h/v1/drain"])
            #expect(drain == "{\"state\":\"draining\"}\n\n202 application/json")
            let level = try await Self.curl(socket + ["-d", "{\"level\":\"debug\"}", "http://h/v1/log-level"])
            #expect(level == "{\"level\":\"debug\"}\n\n200 application/json")
            let huge = try await Self.curl(
                socket + ["-d", String(repeating: "x", count: 70_000), "http://h/v1/log-level"])
            #expect(huge.hasSuffix("413 application/problem+json"))
            let head = try await Self.curl(socket + ["-I", "http://h/metrics"])
            #expect(head.lowercased().contains("content-type: text/plain; version=0.0.4"))
            let missing = try await Self.curl(socket + ["http://h/v2"])
            #expect(missing.hasSuffix("404 application/problem+json"))
            let mode = try FileManager.default.attributesOfItem(atPath: folder + "/admin.sock")[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
        }
        #expect(control.notes.withLock { $0.drains } == 1)
    }

    @Test("the TCP pages read and do not act")
    func tcp() async throws {
        let control = FakeControlPlane()
        try await Self.withServer(control) { _, endpoints in
            guard case .tcp(let host, let port)? = endpoints.last else {
                Issue.record("no TCP endpoint in \(endpoints)")
                return
            }
            let address = "http://\(host):\(port)"
            let ready = try await Self.curl([address + "/readyz"])
            #expect(ready.hasSuffix("200 text/plain; charset=utf-8"))
            let refused = try await Self.curl(["-X", "POST", address + "/v1/drain"])
            #expect(refused.hasSuffix("403 application/problem+json"))
        }
        #expect(control.notes.withLock { $0.drains } == 0)
    }

    @Test("what is not HTTP is answered with 400 and closed, and the server goes on")
    func garbage() async throws {
        try await Self.withServer(FakeControlPlane()) { folder, _ in
            let socket = folder + "/admin.sock"
            let garbled = try await Self.curl(["--unix-socket", socket, "-X", "BAD METHOD", "http://h/"])
            #expect(garbled.contains("400"))
            let healthy = try await Self.curl(["--unix-socket", socket, "http://h/healthz"])
            #expect(healthy.hasPrefix("ok\n"))
        }
    }

    @Test("who waits for an answer when the server stops gets it")
    func lastAnswer() async throws {
        let socket = Mutex("")
        // Answered only when the server has stopped listening, which takes its socket's file away.
        let control = FakeControlPlane(beforeReload: {
            while FileManager.default.fileExists(atPath: socket.withLock { $0 }) {
                try? await Task.sleep(for: .milliseconds(5))
            }
        })
        let answers = Mutex<[Task<String, any Error>]>([])
        try await Self.withServer(control) { folder, _ in
            let path = folder + "/admin.sock"
            socket.withLock { $0 = path }
            let answer = Task { try await Self.curl(["--unix-socket", path, "-X", "POST", "http://h/v1/reload"]) }
            answers.withLock { $0.append(answer) }
            while control.notes.withLock({ $0.reloads == 0 }) { try? await Task.sleep(for: .milliseconds(5)) }
        }
        for answer in answers.withLock({ $0 }) {
            #expect(try await answer.value.hasSuffix("\n200 application/json"))
        }
    }

    @Test("a socket that somebody answers at is not taken over, and nothing is left behind")
    func socketInUse() async throws {
        try await Self.withServer(FakeControlPlane()) { folder, _ in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let everybody = AdminPolicy(administrators: nil, readers: nil, ownUserID: 0)
            let second = AdminServer(
                places: [
                    .init(.endpoint(.unix(path: folder + "/second.sock"), mode: 0o600), policy: everybody),
                    .init(.endpoint(.unix(path: folder + "/admin.sock"), mode: 0o600), policy: everybody),
                ], control: FakeControlPlane(), group: MultiThreadedEventLoopGroup.singleton, logger: logger)
            await #expect(throws: ListenError.runningServer(path: folder + "/admin.sock")) { try await second.bind() }
            #expect(!FileManager.default.fileExists(atPath: folder + "/second.sock"))
            let first = try await Self.curl(["--unix-socket", folder + "/admin.sock", "http://h/healthz"])
            #expect(first.hasPrefix("ok\n"))
        }
    }
}

import DataTypes
import Foundation
import Logging
import NIOPosix
import Server
import ServiceLifecycle
import Testing

extension ServerSuite {
    @Suite("Coming and going")
    struct LifetimeTests {
        typealias Kind = RawFrame.Kind

        @Test(
            "a client that dies in mid-batch gives back its stream and memory", arguments: Path.allCases, [true, false])
        func diesInBatch(path: Path, withReset: Bool) async throws {
            var plan = FakePlan()
            plan.rowBytes = 4_000_000
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(path.address(fixture))
                try client.hello()
                try client.open()
                try client.credit(5)
                _ = try client.read(1000)
                if withReset { client.reset() } else { client.close() }
                #expect(fixture.opener.streams[0].released.wait())
            }
        }

        @Test("a client that dies while its batch is decoded gives back its stream")
        func diesWhileDecoding() async throws {
            var plan = FakePlan()
            plan.isHeld = true
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(1)
                #expect(try client.framesBeforePong().isEmpty)
                client.close()
                #expect(fixture.opener.streams[0].released.wait())
            }
        }

        @Test("a stream that opens after its client has gone is closed")
        func diesWhileOpening() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.send(Kind.open, "{\"dataset\":\"slow\"}")
                #expect(fixture.opener.slowHasBegun.wait())
                client.close()
                fixture.opener.slowMayEnd.signal()
                // Before anybody else opens one: it is then the only stream.
                #expect(fixture.opener.slowHasEnded.wait())
                let slow = try #require(fixture.opener.streams.first)
                let other = try RawClient(fixture.unix)
                try other.hello()
                try other.open()
                #expect(slow.released.wait())
            }
        }

        @Test("an OPEN that takes long delays nobody, and CLOSE ends it")
        func slowOpen() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.send(Kind.open, "{\"dataset\":\"slow\"}")
                #expect(fixture.opener.slowHasBegun.wait())
                #expect(try client.framesBeforePong().isEmpty)
                #expect(fixture.server.snapshot().clients.first?.state == .opening)
                let other = try RawClient(fixture.unix)
                try other.hello()
                #expect(try other.open().type == Kind.opened)
                try client.send(Kind.close)
                fixture.opener.slowMayEnd.signal()
                #expect(try client.receive().type == Kind.close)
                #expect(try client.open().type == Kind.opened)
            }
        }

        @Test("six hundred clients that come and break off leave no descriptor behind")
        func connectStorm() async throws {
            // The first server starts what stays for the process's life.
            try await ServerFixture.with { fixture in try RawClient(fixture.unix).hello() }
            let before = try descriptorCount()
            try await ServerFixture.with { fixture in
                for round in 0..<600 {
                    let client = try RawClient(round % 2 == 0 ? fixture.unix : fixture.tcp)
                    switch round % 5 {
                    case 0: break
                    case 1: try client.write(Array("HDRC".utf8))
                    case 2: try client.hello()
                    case 3:
                        try client.hello()
                        try client.send(Kind.open, "{\"dataset\":\"fake\"}")
                    default:
                        try client.hello()
                        try client.open()
                        try client.credit(3)
                    }
                    if round % 3 == 0 { client.reset() } else { client.close() }
                }
                for stream in fixture.opener.streams { #expect(stream.released.wait()) }
                #expect(fixture.server.snapshot().counters.connectionsAccepted <= 600)
            }
            // The server has ended, and every connection and socket with it. A descriptor left by any one kind of round would
            // be 120, and stay; those of other suites of this process come and go, so it is looked at again.
            var after = try descriptorCount()
            for _ in 0..<600 {
                if after < before + 100 { break }
                try await Task.sleep(for: .milliseconds(100))
                after = try descriptorCount()
            }
            #expect(after < before + 100)
        }

        private func descriptorCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }

        @Test("while draining, credited batches still come, nobody new is let in, and the end comes with CLOSE")
        func drain() async throws {
            var plan = FakePlan()
            plan.isHeld = true
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(2)
                let idle = try RawClient(fixture.tcp)
                try idle.hello()
                #expect(try client.framesBeforePong().isEmpty)
                fixture.server.beginDrain(deadline: .seconds(60))
                let goAway = try client.receive()
                #expect(goAway.type == Kind.goAway && goAway.json["deadline_seconds"] as? Double == 60)
                #expect(try idle.receive().type == Kind.goAway)
                #expect(try idle.readToEnd().isEmpty)
                // Refused by the system, or told why when the socket is just being closed.
                let newcomer = try? RawClient(fixture.unix).hello()
                #expect(newcomer == nil || newcomer?.code == "draining")
                #expect(fixture.server.snapshot().isDraining)
                fixture.opener.streams[0].proceed()
                for step in 0..<2 { expectBatch(try client.receive(), BatchAddress(epoch: 0, step: step)) }
                try client.send(Kind.close)
                #expect(try client.receive().type == Kind.close)
                #expect(try client.readToEnd().isEmpty)
                #expect(fixture.opener.streams[0].released.wait())
            }
        }

        @Test("at the drain's deadline who is left is told and closed")
        func drainDeadline() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                fixture.server.beginDrain(deadline: .milliseconds(50))
                #expect(try client.receive().type == Kind.goAway)
                let error = try client.receive()
                #expect(error.code == "draining" && error.scope == "connection")
                #expect(try client.readToEnd().isEmpty)
            }
        }

        @Test("an administrator ends one connection")
        func disconnect() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                let other = try RawClient(fixture.unix)
                let session = try client.hello().json["session"] as? Int
                try other.hello()
                try client.open()
                let id = try #require(fixture.server.snapshot().streams.first?.clientID)
                #expect(session == Int(id))
                #expect(fixture.server.disconnect(id))
                #expect(try client.receive().scope == "connection")
                #expect(try client.readToEnd().isEmpty)
                #expect(!fixture.server.disconnect(9999))
                #expect(try other.open().type == Kind.opened)
            }
        }

        @Test("an administrator stops one stream; its client keeps the connection and can open another")
        func stop() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(1)
                expectBatch(try client.receive(), BatchAddress(epoch: 0, step: 0))
                let id = try #require(fixture.server.snapshot().streams.first?.id)
                #expect(!fixture.server.stop(stream: id + 1))
                #expect(fixture.server.stop(stream: id))
                let error = try client.receive()
                #expect(error.code == "stopped" && error.scope == "stream")
                #expect(fixture.server.snapshot().streams.isEmpty)
                #expect(fixture.server.snapshot().datasetTotals["fake"]?.batches == 1)
                try client.send(Kind.reset)
                let refusal = try client.receive()
                #expect(refusal.code == "stopped" && refusal.scope == "request")
                try client.send(Kind.close)
                #expect(try client.receive().type == Kind.close)
                #expect(try client.open().type == Kind.opened)
                // The new stream is another one.
                #expect(!fixture.server.stop(stream: id))
            }
        }

        @Test("a paused stream sends nothing until it is resumed, and goes on where it was")
        func pause() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                let id = try #require(fixture.server.snapshot().streams.first?.id)
                #expect(fixture.server.pause(stream: id))
                // The event loop may read a ping before it takes the order, and publishes what it read behind its answer: the
                // second answer comes after both.
                func settle() throws { for _ in 0..<2 { #expect(try client.framesBeforePong().isEmpty) } }
                try settle()
                try client.credit(2)
                try settle()
                let paused = try #require(fixture.server.snapshot().streams.first)
                #expect(paused.isPaused && paused.waitingFor == .pause && paused.credits == 2)
                #expect(fixture.server.resume(stream: id))
                expectBatch(try client.receive(), BatchAddress(epoch: 0, step: 0))
                expectBatch(try client.receive(), BatchAddress(epoch: 0, step: 1))
                #expect(fixture.server.snapshot().streams.first?.isPaused == false)
            }
        }

        @Test("when a listener cannot be bound, none is")
        func bindFails() async throws {
            try await ServerFixture.with { fixture in
                let port = try #require(Int(fixture.tcp.split(separator: ":").last ?? ""))
                let path = fixture.directory + "/other"
                let configuration = ServerConfiguration(
                    listeners: [.endpoint(.unix(path: path)), .endpoint(.tcp(host: "127.0.0.1", port: port))])
                let group = MultiThreadedEventLoopGroup.singleton
                let server = Server(
                    configuration: configuration, opener: fixture.opener, group: group, logger: Logger(label: "test"))
                let error = await #expect(throws: (any Error).self) { try await server.bind() }
                #expect("\(error.map { "\($0)" } ?? "")".contains("\(port)"))
                #expect(!FileManager.default.fileExists(atPath: path))
            }
        }

        @Test("a socket that systemd has opened is served")
        func adoptedSocket() async throws {
            let listening = try ListeningSocket()
            try await ServerFixture.with(configure: { $0.listeners = [.adopted(descriptor: listening.descriptor)] }) {
                fixture in
                let client = try RawClient(fixture.addresses[0])
                try client.hello()
                #expect(try client.open().type == Kind.opened)
            }
        }

        @Test(
            "a graceful shutdown of its service group ends the server, and cancelling cuts everybody",
            arguments: [true, false])
        func serviceGroup(isGraceful: Bool) async throws {
            let directory = FileManager.default.temporaryDirectory.path + "/headrace-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            var configuration = ServerConfiguration(listeners: [.endpoint(.unix(path: directory + "/s"))])
            configuration.drainTimeout = .milliseconds(50)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let server = Server(
                configuration: configuration, opener: FakeOpener(FakePlan()), group: group, logger: logger)
            let addresses = try await server.bind()
            #expect(addresses == ["unix:\(directory)/s"])
            let services = ServiceGroup(services: [server], logger: logger)
            let running = Task { try await services.run() }
            let client = try RawClient(addresses[0])
            try client.hello()
            try client.open()
            if isGraceful {
                await services.triggerGracefulShutdown()
                #expect(try client.receive().type == Kind.goAway)
                #expect(try client.receive().code == "draining")
            } else {
                running.cancel()
                #expect(throws: RawClient.Failure.self) { while true { _ = try client.receive() } }
            }
            _ = await running.result
            #expect(!FileManager.default.fileExists(atPath: directory + "/s"))
            #expect(server.snapshot().clients.isEmpty)
            try await group.shutdownGracefully()
        }
    }
}

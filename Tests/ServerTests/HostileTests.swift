import DataTypes
import Server
import Testing

extension ServerSuite {
    @Suite("A hostile or broken peer")
    struct HostileTests {
        typealias Kind = RawFrame.Kind

        @Test("HTTP at the data socket is answered in HTTP", arguments: ["GET / HTTP/1.1\r\n\r\n", "POST /v1/drain"])
        func http(request: String) async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.tcp)
                try client.write(Array(request.utf8))
                let answer = String(decoding: try client.readToEnd(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("admin socket"))
            }
        }

        @Test("bytes that are no frame get one ERROR and the end", arguments: Fault.allCases)
        func notAFrame(fault: Fault) async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                if fault.comesAfterHello { try client.hello() }
                try client.write(fault.bytes)
                let error = try client.receive()
                #expect(error.type == Kind.error && error.code == fault.code && error.scope == "connection")
                #expect(try client.readToEnd().isEmpty)
                // The others are not disturbed.
                let other = try RawClient(fixture.unix)
                try other.hello()
                #expect(try other.open().type == Kind.opened)
            }
        }

        enum Fault: String, CaseIterable, Sendable {
            case garbage, hugeLength, hugeBatch, badHeaderChecksum, badPayloadChecksum, badSequence, unknownType
            case openBeforeHello, otherMajor, creditWithoutStream, tooMuchJSON

            var comesAfterHello: Bool { self == .creditWithoutStream || self == .tooMuchJSON || self == .hugeBatch }
            var code: String { self == .otherMajor ? "version" : "bad_frame" }

            var bytes: [UInt8] {
                let json = Array("{}".utf8)
                var frame = RawFrame(Kind.hello, stream: 0, sequence: 0, payload: json)
                switch self {
                case .garbage: return Array("SSH-2.0-OpenSSH_9.2p1 and more than thirty-two bytes".utf8)
                case .hugeLength: frame.length = 1 << 63
                case .hugeBatch:
                    frame = RawFrame(Kind.batch, stream: 1, sequence: 1, payload: [])
                    frame.length = 1 << 20
                case .badHeaderChecksum:
                    var bytes = frame.bytes
                    bytes[28] ^= 1
                    return bytes
                case .badPayloadChecksum:
                    frame.flags = 1
                    frame.checksum = RawFrame.crc32(json) ^ 1
                case .badSequence: frame.sequence = 1
                case .unknownType: frame.type = 0x7F
                case .openBeforeHello: frame = RawFrame(Kind.open, stream: 1, sequence: 0, payload: json)
                case .otherMajor:
                    frame = RawFrame(
                        Kind.hello, stream: 0, sequence: 0, payload: Array("{\"major\":2,\"max_frame\":1}".utf8))
                case .creditWithoutStream:
                    frame = RawFrame(Kind.credit, stream: 1, sequence: 1, payload: Array("{\"batches\":1}".utf8))
                case .tooMuchJSON:
                    frame = RawFrame(Kind.open, stream: 1, sequence: 1, payload: [])
                    frame.length = 1_048_577
                }
                return frame.bytes
            }
        }

        @Test("a frame of a later minor version is passed over")
        func laterType() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.send(0x90, "anything")
                #expect(try client.open().type == Kind.opened)
            }
        }

        @Test("credit beyond the limit ends the connection and releases the stream")
        func tooMuchCredit() async throws {
            var plan = FakePlan()
            plan.isHeld = true
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(65_536)
                try client.credit(1)
                #expect(try client.receive().code == "bad_frame")
                #expect(fixture.opener.streams[0].released.wait())
            }
        }

        @Test("a connection without HELLO is ended at the deadline, also when bytes trickle in", arguments: [0, 7])
        func handshakeTimeout(byteCount: Int) async throws {
            try await ServerFixture.with(configure: { $0.handshakeTimeout = .milliseconds(100) }) { fixture in
                let client = try RawClient(fixture.unix)
                // A test that was held up comes too late to write, and still reads what it was told.
                try? client.write(Array("HDRC\u{1}\0\0\0\0\0".utf8.prefix(byteCount)))
                let error = try client.receive()
                #expect(error.code == "timeout" && error.scope == "connection")
                #expect(try client.readToEnd().isEmpty)
            }
        }

        @Test("a silent client is asked, and ended when it never answers")
        func idleTimeout() async throws {
            try await ServerFixture.with(configure: {
                $0.pingInterval = .milliseconds(50)
                // Long enough for a busy machine to open the stream.
                $0.idleTimeout = .seconds(2)
            }) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                #expect(try client.open().type == Kind.opened)
                // One question, however long the silence. A server that was held up for all of it asks none.
                var frame = try client.receive()
                var pings = 0
                while frame.type == Kind.ping {
                    pings += 1
                    frame = try client.receive()
                }
                #expect(pings <= 1 && frame.code == "timeout")
                #expect(fixture.opener.streams[0].released.wait())
            }
        }

        @Test("a client that answers PING is heard, and asked again after the next silence")
        func answersPing() async throws {
            try await ServerFixture.with(configure: {
                $0.pingInterval = .milliseconds(60)
                // A client that the machine holds up is not to be ended for it.
                $0.idleTimeout = nil
            }) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                // There is one PING for each silence: the next one shows that the answer counted as a sign of life.
                for _ in 0..<3 {
                    #expect(try client.receive().type == Kind.ping)
                    try client.send(Kind.pong, stream: 0, "")
                }
            }
        }

        @Test("a client that waits for a slow decode is not idle")
        func slowDecodeIsNotIdle() async throws {
            var plan = FakePlan()
            plan.isHeld = true
            try await ServerFixture.with(
                plan,
                configure: {
                    $0.pingInterval = nil
                    // Longer than a busy machine lets a client wait between its steps.
                    $0.idleTimeout = .seconds(2)
                }
            ) { fixture in
                let waiting = try RawClient(fixture.unix)
                try waiting.hello()
                try waiting.open()
                try waiting.credit(1)
                // A second client, silent for longer than the time-out, is the clock.
                let idle = try RawClient(fixture.unix)
                try idle.hello()
                #expect(try idle.receive().code == "timeout")
                fixture.opener.streams[0].proceed()
                expectBatch(try waiting.receive(), BatchAddress(epoch: 0, step: 0))
            }
        }

        @Test(
            "a client that does not read holds two batches, then is cut off; the other one goes on",
            arguments: Path.allCases)
        func stalledReader(path: Path) async throws {
            var plan = FakePlan()
            plan.rowBytes = 2_000_000
            plan.stepsPerEpoch = 50
            plan.slabCount = 10
            // Longer than a busy machine keeps the other client from reading.
            try await ServerFixture.with(plan, configure: { $0.writeStallTimeout = .seconds(3) }) { fixture in
                let stalled = try RawClient(path.address(fixture), receiveBufferBytes: 4096)
                try stalled.hello()
                try stalled.open()
                let other = try RawClient(fixture.unix)
                try other.hello()
                try other.open()
                try stalled.credit(50)
                for step in 0..<3 {
                    try other.credit(1)
                    let frame = try other.receive()
                    #expect(frame.metadata["step"] == "\(step)")
                }
                #expect(fixture.opener.streams[0].released.wait())
                // Two on their way, and what the kernel's buffers took; the stream could have given ten.
                #expect(fixture.opener.streams[0].delivered <= 5)
                try other.credit(1)
                #expect(try other.receive().metadata["step"] == "3")
            }
        }

        @Test("a client that asks and does not read is heard no more until it reads")
        func pingFlood() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix, sendTimeoutSeconds: 1)
                try client.hello()
                var sent = 0
                // The socket's buffers and the server's limit together hold far fewer: then a write blocks.
                #expect(throws: RawClient.Failure.self) {
                    while sent < 200_000 {
                        try client.send(Kind.ping, stream: 0, String(repeating: "x", count: 64))
                        sent += 1
                    }
                }
                for _ in 0..<sent {
                    guard try client.receive().type == Kind.pong else {
                        Issue.record("a PING was not answered")
                        return
                    }
                }
            }
        }

        @Test("connections beyond the limit are told so", arguments: [true, false])
        func connectionLimit(isPerClient: Bool) async throws {
            try await ServerFixture.with(configure: {
                if isPerClient { $0.maxConnectionsPerClient = 2 } else { $0.maxConnections = 2 }
            }) { fixture in
                let first = try RawClient(fixture.unix)
                let second = try RawClient(fixture.unix)
                try first.hello()
                try second.hello()
                for _ in 0..<100 {
                    let third = try RawClient(fixture.unix)
                    let error = try third.receive()
                    #expect(error.code == "over_limit" && error.json["retryable"] as? Bool == true)
                    #expect(try third.readToEnd().isEmpty)
                }
                #expect(fixture.server.snapshot().counters.connectionsRefused == 100)
                #expect(try first.open().type == Kind.opened)
            }
        }

        @Test("connections that come too fast are told so, and those that are there go on", arguments: [true, false])
        func connectRate(isPerClient: Bool) async throws {
            try await ServerFixture.with(configure: {
                if isPerClient {
                    ($0.maxConnectsPerSecondPerClient, $0.maxConnectionsPerClient) = (1, 3)
                } else {
                    ($0.maxConnectsPerSecond, $0.maxConnections) = (1, 3)
                }
            }) { fixture in
                let first = try RawClient(fixture.unix)
                try first.hello()
                // Three at once, then one a second; the listener lets more through.
                var refusal: RawFrame?
                for _ in 0..<50 where refusal == nil {
                    let answer = try RawClient(fixture.unix).hello()
                    if answer.code != nil { refusal = answer }
                    while fixture.server.snapshot().clients.count > 1 { await Task.yield() }
                }
                #expect(refusal?.code == "over_limit" && refusal?.json["retryable"] as? Bool == true)
                let key = "limits.connects_per_second" + (isPerClient ? "_per_client" : "")
                #expect((refusal?.json["hint"] as? String)?.hasSuffix(key) == true)
                #expect(try first.open().type == Kind.opened)
            }
        }

        @Test("a flood of connections waits in the queue instead of keeping the server busy, and is served in time")
        func pacedAccept() async throws {
            try await ServerFixture.with(configure: {
                ($0.maxConnectsPerSecond, $0.maxConnections) = (20, 5)
            }) { fixture in
                let start = ContinuousClock.now
                let flood = try (0..<50).map { _ in try RawClient(fixture.unix) }
                // Ten are let through at once, or a few more, and twenty a second. Each is told something.
                for client in flood { try client.hello() }
                #expect(.now - start > .milliseconds(500))
                #expect(fixture.server.snapshot().counters.connectionsRefused > 0)
            }
        }

        @Test("streams beyond the limit are refused until one is closed", arguments: [true, false])
        func streamLimit(isPerClient: Bool) async throws {
            try await ServerFixture.with(configure: {
                if isPerClient { $0.maxStreamsPerClient = 1 } else { $0.maxStreams = 1 }
            }) { fixture in
                let first = try RawClient(fixture.unix)
                let second = try RawClient(fixture.unix)
                try first.hello()
                try second.hello()
                try first.open()
                #expect(try second.open().code == "over_limit")
                try first.send(Kind.close)
                #expect(try first.receive().type == Kind.close)
                #expect(try second.open().type == Kind.opened)
            }
        }
    }
}

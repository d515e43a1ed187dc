import Foundation
import HeadraceClient
import NIOCore
import Synchronization
import TestSupport
import Testing
import Transport
import Wire

@Suite("Client")
struct HeadraceClientTests {
    /// Runs `body` with a client of a fake server, once over a Unix socket.
    private func withClient<R: Sendable>(
        _ configuration: FakeServer.Configuration = FakeServer.Configuration(),
        options: HeadraceOptions = .patient, tcp: Bool = false,
        _ body: (HeadraceClient, FakeServer) async throws -> R
    ) async throws -> R {
        let directory = try TemporaryFolder()
        let endpoint: Endpoint = tcp ? .tcp(host: "127.0.0.1", port: 0) : .unix(path: directory.path + "/s")
        let server = try await FakeServer.start(endpoint, configuration)
        do {
            let client = try await HeadraceClient.connect(server.endpoint, options: options)
            let result = try await body(client, server)
            await client.close()
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    private func isRight(_ batch: HeadraceBatch) -> Bool {
        let data = batch.data[0]
        let span = data.span(as: UInt8.self)
        for position in span.indices
        where span[position] != FakeServer.byte(epoch: batch.epoch, step: batch.step, at: position) { return false }
        return span.count == batch.data[0].shape.reduce(1, *)
    }

    @Test("epochs come whole, in order, with the right bytes", arguments: [false, true], [1, 2, 5])
    func epochs(tcp: Bool, window: Int) async throws {
        var options = HeadraceOptions.patient
        options.window = window
        options.checksums = window == 2
        var configuration = FakeServer.Configuration()
        configuration.steps = 7
        configuration.columns = 100_000
        try await withClient(configuration, options: options, tcp: tcp) { client, server in
            #expect(client.server == "headraced/fake")
            #expect(client.session == 7)
            let stream = try await client.open(dataset: "good", parameters: ["batch_size": 4, "shape": [1, 2.5, nil]])
            #expect(stream.iterator == "FakeIter")
            #expect(stream.provideData.map(\.name) == ["data"])
            #expect(stream.provideLabel.map(\.shape) == [[4]])
            #expect(stream.parameters["shape"] == [1, 2.5, nil])
            #expect(stream.warnings == ["mind the gap"])
            for epoch in 0..<3 {
                var steps: [Int] = []
                for try await batch in stream {
                    #expect(isRight(batch))
                    #expect(batch.epoch == epoch)
                    #expect(batch.pad == batch.step % 2)
                    let label = batch.label[0]
                    let lastLabel = label.span(as: Float.self)[3]
                    #expect(lastLabel == Float(batch.step * 4 + 3))
                    let index = batch.index
                    let firstID = index.span(as: UInt64.self)[0]
                    #expect(firstID == 100)
                    #expect(batch.token == stream.token)
                    steps.append(batch.step)
                }
                #expect(steps == Array(0..<7))
                #expect(try await stream.next() == nil, "the epoch stays at its end")
                try await stream.reset()
                #expect(stream.epoch == epoch + 1)
            }
            #expect(server.largestCredit.load(ordering: .relaxed) <= window)
        }
    }

    @Test("memory is aligned to 64, and a kept batch does not change")
    func memory() async throws {
        var configuration = FakeServer.Configuration()
        configuration.steps = 20
        try await withClient(configuration) { client, _ in
            let stream = try await client.open(dataset: "good")
            var kept: [HeadraceBatch] = []
            for try await batch in stream { kept.append(batch) }
            #expect(kept.count == 20)
            for batch in kept {
                #expect(isRight(batch))
                // The address is only looked at.
                let address = unsafe batch.data[0].withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
                #expect(address % 64 == 0)
            }
        }
    }

    @Test("reset in mid-epoch, seek, and a token lead where they should")
    func moves() async throws {
        var configuration = FakeServer.Configuration()
        configuration.steps = 5
        try await withClient(configuration) { client, _ in
            let stream = try await client.open(dataset: "good")
            _ = try await stream.next()
            let token = try #require(try await stream.next()).token
            try await stream.reset()
            #expect(try await stream.next()?.epoch == 1)
            try await stream.seek(epoch: 9, step: 4)
            let batch = try #require(try await stream.next())
            #expect(batch.epoch == 9 && batch.step == 4 && isRight(batch))
            #expect(try await stream.next() == nil)
            try await stream.seek(token: token)
            #expect(stream.token == token)
            let resumed = try #require(try await stream.next())
            #expect(resumed.epoch == 0 && resumed.step == 2)
            // Refused, and nothing has changed.
            let error = await #expect(throws: HeadraceError.self) { try await stream.seek(epoch: 0, step: 99) }
            #expect(error?.code.rawValue == "bad_position")
            #expect(try await stream.next()?.step == 3)
            let mismatch = await #expect(throws: HeadraceError.self) { try await stream.seek(token: "hr1.x.s.0.0") }
            #expect(mismatch?.code == .stateMismatch)
            #expect(try await stream.next()?.step == 4)
        }
    }

    @Test("a stream can be opened at a token, and another after it is closed")
    func openAtToken() async throws {
        try await withClient { client, _ in
            let stream = try await client.open(dataset: "good", token: "hr1.m.s.4.1")
            #expect(stream.epoch == 4 && stream.step == 1)
            #expect(try await stream.next()?.step == 1)
            #expect(try await stream.status().epoch == 4)
            let busy = await #expect(throws: HeadraceError.self) { try await client.open(dataset: "good") }
            #expect(busy?.code == .notNow)
            try await stream.close()
            let closed = await #expect(throws: HeadraceError.self) { try await stream.next() }
            #expect(closed?.code == .notNow)
            let again = try await client.open(dataset: "good")
            #expect(try await again.next()?.step == 0)
        }
    }

    @Test("a refused open says why, and the connection lives on")
    func refusedOpen() async throws {
        try await withClient { client, _ in
            let error = await #expect(throws: HeadraceError.self) { try await client.open(dataset: "goof") }
            #expect(error?.code == .unknownDataset)
            #expect(error?.message.contains("did you mean 'good'") == true)
            let again = try await client.open(dataset: "good")
            #expect(try await again.next()?.step == 0)
        }
    }

    @Test("bad records are announced, or end the epoch")
    func badRecords() async throws {
        let notices = Notices()
        var options = HeadraceOptions.patient
        options.onNotice = { notices.add($0) }
        var configuration = FakeServer.Configuration()
        configuration.badStep = 1
        try await withClient(configuration, options: options) { client, _ in
            let stream = try await client.open(dataset: "good")
            var count = 0
            for try await _ in stream { count += 1 }
            #expect(count == 3)
            #expect(notices.all.map(\.description) == ["a.rec: record 5 at byte 8: ends early (skip)"])
        }
        configuration.failsAtBadStep = true
        try await withClient(configuration) { client, _ in
            let stream = try await client.open(dataset: "good")
            #expect(try await stream.next()?.step == 0)
            for _ in 0..<2 {
                let error = await #expect(throws: HeadraceError.self) { try await stream.next() }
                #expect(error?.code == .badRecord)
            }
            try await stream.seek(epoch: 0, step: 2)
            #expect(try await stream.next()?.step == 2)
        }
    }

    private final class Notices: Sendable {
        private let list = Mutex<[HeadraceNotice]>([])
        var all: [HeadraceNotice] { list.withLock { $0 } }
        func add(_ notice: HeadraceNotice) { list.withLock { $0.append(notice) } }
    }

    /// What the server may do to its second batch, and what the client must say.
    enum Damage: String, CaseIterable, CustomTestStringConvertible {
        case midHeader, midBatch, beforeBatch, hugeLength, badChecksum, wrongSequence, wrongStep, tooLong, garbage

        var testDescription: String { rawValue }

        var expected: (code: HeadraceError.Code, text: String) {
            switch self {
            case .midHeader: (.connectionLost, "before the end of a message")
            case .midBatch: (.connectionLost, "before the end of a message")
            case .beforeBatch: (.connectionLost, "closed the connection")
            case .hugeLength: (.badFrame, "claims 9223372036854775808 bytes")
            case .badChecksum: (.badFrame, "checksum")
            case .wrongSequence: (.badFrame, "came where")
            case .wrongStep: (.badFrame, "was due")
            case .tooLong: (.badFrame, "limit")
            case .garbage: (.badFrame, "HDRC")
            }
        }

        func fault(_ frame: ByteBuffer) -> FakeServer.Fault {
            switch self {
            case .midHeader: .cut(20)
            case .midBatch: .cut(frame.readableBytes / 2)
            case .beforeBatch: .cut(0)
            case .hugeLength:
                .replace(Self.header(frame) { $0.setInteger(UInt64(1) << 63, at: 8, endianness: .little) })
            case .tooLong: .replace(Self.header(frame) { $0.setInteger(UInt64(1) << 31, at: 8, endianness: .little) })
            case .wrongSequence: .replace(Self.header(frame) { $0.setInteger(UInt32(99), at: 20, endianness: .little) })
            case .badChecksum: .replace(Self.changed(frame, at: frame.readableBytes - 1, to: 0xFF))
            case .garbage: .replace(ByteBuffer(repeating: 0x21, count: 64))
            case .wrongStep: .replace(Self.otherStep(frame))
            }
        }

        /// The frame with another header, whose own checksum is right.
        private static func header(_ frame: ByteBuffer, _ change: (inout ByteBuffer) -> Void) -> ByteBuffer {
            var frame = frame
            change(&frame)
            let covered = frame.getSlice(at: 0, length: 28) ?? frame
            frame.setInteger(Checksum.crc32(covered), at: 28, endianness: .little)
            return frame
        }

        private static func changed(_ frame: ByteBuffer, at place: Int, to byte: UInt8) -> ByteBuffer {
            var frame = frame
            frame.setInteger(byte, at: place)
            return frame
        }

        /// The frame with `"step":"1"` changed to 2 in its table, checksums and all.
        private static func otherStep(_ frame: ByteBuffer) -> ByteBuffer {
            var bytes = Array(frame.readableBytesView)
            let needle = Array("\"step\":\"1\"".utf8)
            guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: needle) }) else { return frame }
            bytes[place + needle.count - 2] = UInt8(ascii: "2")
            let changed = ByteBuffer(bytes: bytes)
            let payload = changed.getSlice(at: 32, length: bytes.count - 32) ?? changed
            return header(changed) { $0.setInteger(Checksum.crc32(payload), at: 24, endianness: .little) }
        }
    }

    @Test("a server that breaks off or lies is named, and the batches before it were good", arguments: Damage.allCases)
    func damage(damage: Damage) async throws {
        var options = HeadraceOptions.patient
        options.checksums = true
        options.window = 1
        var configuration = FakeServer.Configuration()
        configuration.fault = { type, count, frame in type == .batch && count == 1 ? damage.fault(frame) : .none }
        try await withClient(configuration, options: options) { client, _ in
            let stream = try await client.open(dataset: "good")
            #expect(try await stream.next().map(isRight) == true)
            for _ in 0..<2 {
                let error = await #expect(throws: HeadraceError.self) { try await stream.next() }
                #expect(error?.code == damage.expected.code)
                #expect(error?.message.contains(damage.expected.text) == true, "\(String(describing: error))")
            }
            #expect(stream.token == "hr1.m.s.0.1")
        }
    }

    @Test(
        "a deadline that passes says what was awaited",
        arguments: [FrameType.hello, .opened, .batch, .position, .state])
    func deadlines(type: FrameType) async throws {
        var options = HeadraceOptions.patient
        // Only what is awaited here may run out: on a busy machine the rest takes its time.
        func deadline(_ types: FrameType...) -> Duration { types.contains(type) ? .milliseconds(50) : .seconds(60) }
        // The connection must be made within this one too.
        options.connectTimeout = type == .hello ? .seconds(3) : .seconds(60)
        options.openTimeout = deadline(.opened)
        options.batchTimeout = deadline(.batch)
        options.requestTimeout = deadline(.position, .state)
        var configuration = FakeServer.Configuration()
        configuration.fault = { sent, count, _ in sent == type ? .swallow : .none }
        let error = await #expect(throws: HeadraceError.self) {
            try await withClient(configuration, options: options) { client, _ in
                let stream = try await client.open(dataset: "good")
                switch type {
                case .batch: _ = try await stream.next()
                case .position: try await stream.reset()
                default: _ = try await stream.status()
                }
            }
        }
        #expect(error?.code == .timeout)
        let awaited = type == .batch ? "no batch came" : type == .opened ? "no OPEN came" : "no \(type.name) came"
        #expect(error?.message.contains(awaited) == true, "\(String(describing: error))")
    }

    @Test("a cancelled wait for a batch leaves the stream usable; a cancelled request ends the connection")
    func cancellation() async throws {
        var configuration = FakeServer.Configuration()
        // No batch comes. Swallowing leaves a gap in the numbers, so only what needs no later frame can be asked for, and with
        // this window no second batch is sent.
        configuration.fault = { type, _, _ in type == .batch ? .swallow : .none }
        var options = HeadraceOptions.patient
        options.window = 1
        try await withClient(configuration, options: options) { client, _ in
            let stream = try await client.open(dataset: "good")
            let (refusal, cancelled) = await withTaskGroup(of: Result<HeadraceBatch?, any Error>.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do { return .success(try await stream.next()) } catch { return .failure(error) }
                    }
                }
                // Whichever of the two is refused, the other one waits: only then is there a wait to be cancelled.
                let refusal = await group.next()
                group.cancelAll()
                return (refusal, await group.next())
            }
            let error = #expect(throws: HeadraceError.self) { try refusal?.get() }
            #expect(error?.code == .notNow)
            #expect(throws: CancellationError.self) { try cancelled?.get() }
            // However early it comes, or before the task has begun.
            for _ in 0..<200 {
                let task = Task { try await stream.next() }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
        configuration.fault = { type, _, _ in type == .position ? .swallow : .none }
        try await withClient(configuration) { client, _ in
            let stream = try await client.open(dataset: "good")
            #expect(try await stream.next()?.step == 0)
            let task = Task { try await stream.reset() }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
        }
    }

    @Test("a drain delivers what was asked for and then says that the server is going down")
    func drain() async throws {
        try await withClient { client, server in
            let stream = try await client.open(dataset: "good")
            #expect(try await stream.next()?.step == 0)
            try await server.drain()
            #expect(try await stream.next()?.step == 1)
            try await stream.close()
            await #expect(throws: HeadraceError.self) { try await client.open(dataset: "good") }
        }
    }

    @Test("what cannot be connected to is named")
    func cannotConnect() async throws {
        for (endpoint, code) in [
            ("unix:/tmp/headrace-nobody.sock", HeadraceError.Code.cannotConnect), ("ftp://x", .badRequest),
        ] {
            let error = await #expect(throws: HeadraceError.self) { try await HeadraceClient.connect(endpoint) }
            #expect(error?.code == code)
        }
    }
}

extension HeadraceOptions {
    /// For a machine that is busy with other tests.
    fileprivate static var patient: HeadraceOptions {
        var options = HeadraceOptions()
        options.connectTimeout = .seconds(120)
        return options
    }
}

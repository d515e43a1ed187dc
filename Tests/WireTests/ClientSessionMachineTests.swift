import DataTypes
import NIOCore
import Testing
import Wire

@Suite("Client session")
struct ClientSessionMachineTests {
    private func line(_ action: ClientSessionMachine.Action) -> String {
        switch action {
        case .send(.credit(let credit)): "CREDIT \(credit.batches)"
        case .send(let message): message.type.name
        case .map(let slot): "map \(slot.slot)"
        case .limitBatches: "limit"
        case .closeConnection: "close connection"
        case .deliver(let event):
            switch event {
            case .greeted: "greeted"
            case .opened: "opened"
            case .position(let position): "at \(position.epoch).\(position.step)"
            case .state: "state"
            case .streamClosed: "stream closed"
            case .attached(let message): "attached \(message.name)"
            case .refused(let error): "refused \(error.code)"
            case .batch(let header, _, _): "batch \(header.address.epoch).\(header.address.step)"
            case .epochEnd: "end"
            case .notice: "notice"
            case .streamFailed(let error): "failed \(error.code)"
            case .goAway: "go away"
            case .connectionFailed(.violation): "violation"
            case .connectionFailed(let failure): "\(failure)"
            }
        }
    }

    private func gets(_ message: ControlMessage, _ machine: inout ClientSessionMachine) -> [String] {
        machine.received(Samples.frame(message)).map(line)
    }

    private func getsBatch(_ step: Int, epoch: Int = 0, _ machine: inout ClientSessionMachine) -> [String] {
        let payload = Samples.payload(
            Samples.batch(epoch: epoch, step: step, steps: 3), token: Samples.token(epoch: epoch, step: step + 1))
        let header = FrameHeader(type: .batch, lengthBytes: payload.readableBytes, stream: 1, sequence: 0)
        return machine.received(Frame(header: header, payload: payload)).map(line)
    }

    private func streaming(features: [String] = []) throws -> ClientSessionMachine {
        var machine = ClientSessionMachine(window: 2)
        #expect(machine.greet(Samples.hello).map(line) == ["HELLO"])
        #expect(
            gets(.hello(HelloMessage(major: 1, minor: 0, features: features, maxFrameBytes: 1)), &machine) == [
                "greeted"
            ])
        #expect(try machine.open(OpenMessage(OpenRequest(dataset: "d"))).map(line) == ["OPEN"])
        let opened = OpenedMessage(Samples.info(), position: BatchAddress(epoch: 0, step: 0), stepCount: 3)
        #expect(gets(.opened(opened), &machine) == ["limit", "opened", "CREDIT 2"])
        return machine
    }

    @Test("an epoch, a reset, and a close")
    func epoch() throws {
        var machine = try streaming()
        #expect(getsBatch(0, &machine) == ["batch 0.0"])
        #expect(machine.consumed().map(line) == ["CREDIT 1"])
        #expect(gets(.ping([1]), &machine) == ["PONG"])
        #expect(getsBatch(1, &machine) == ["batch 0.1"])
        #expect(getsBatch(2, &machine) == ["batch 0.2"])
        #expect(gets(.epochEnd(EpochEndMessage(epoch: 0, steps: 3)), &machine) == ["end"])
        #expect(machine.consumed().map(line) == [])
        #expect(try machine.reset().map(line) == ["RESET"])
        #expect(gets(.position(PositionMessage(epoch: 1, step: 0, steps: 3)), &machine) == ["at 1.0", "CREDIT 2"])
        #expect(getsBatch(0, epoch: 1, &machine) == ["batch 1.0"])
        #expect(try machine.closeStream().map(line) == ["CLOSE"])
        #expect(getsBatch(1, epoch: 1, &machine) == [])
        #expect(gets(.close, &machine) == ["stream closed"])
        #expect(try machine.open(OpenMessage(OpenRequest(dataset: "d"))).map(line) == ["OPEN"])
    }

    @Test("a stream whose batches are longer than this side takes is refused, so that no memory is asked for")
    func longBatches() throws {
        var machine = ClientSessionMachine(window: 2)
        var hello = Samples.hello
        hello.maxFrameBytes = UInt64(Samples.layout.payloadBytes) - 1
        _ = machine.greet(hello)
        _ = gets(.hello(HelloMessage(major: 1, minor: 0, features: [], maxFrameBytes: 1)), &machine)
        _ = try machine.open(OpenMessage(OpenRequest(dataset: "d")))
        let opened = OpenedMessage(Samples.info(), position: BatchAddress(epoch: 0, step: 0), stepCount: 3)
        #expect(gets(.opened(opened), &machine) == ["ERROR", "violation", "close connection"])
    }

    @Test("notices that come between SEEK and its answer are held, as many as are worth reading")
    func heldNotices() throws {
        var machine = try streaming()
        let bad = BadRecord(reason: "bad_image", message: "cut", file: "a.rec", offset: 8, ordinal: 1)
        let notice = NoticeMessage(bad, address: BatchAddress(epoch: 0, step: 0), action: "skip")
        for _ in 0..<2 {
            _ = try machine.seek(SeekMessage(BatchAddress(epoch: 9, step: 9)))
            for _ in 0..<3000 { #expect(gets(.notice(notice), &machine).isEmpty) }
            let refusal = ErrorMessage(StreamError(.badPosition, "beyond"), scope: .request)
            let lines = gets(.error(refusal), &machine)
            #expect(lines.first == "refused bad_position" && lines.count { $0 == "notice" } == 1024)
        }
    }

    @Test("what comes between SEEK and POSITION is dropped, and nothing is granted meanwhile")
    func seek() throws {
        var machine = try streaming()
        #expect(getsBatch(0, &machine) == ["batch 0.0"])
        _ = try machine.seek(SeekMessage(BatchAddress(epoch: 5, step: 1)))
        #expect(machine.consumed().map(line) == [])
        #expect(getsBatch(1, &machine) == [])
        #expect(gets(.position(PositionMessage(epoch: 5, step: 1, steps: 3)), &machine) == ["at 5.1", "CREDIT 2"])
        #expect(getsBatch(1, epoch: 5, &machine) == ["batch 5.1"])
    }

    @Test("a refused SEEK delivers what it held back and grants what is owed")
    func refusedSeek() throws {
        var machine = try streaming()
        #expect(getsBatch(0, &machine) == ["batch 0.0"])
        _ = try machine.seek(SeekMessage(BatchAddress(epoch: 5, step: 9)))
        #expect(machine.consumed().map(line) == [])
        #expect(getsBatch(1, &machine) == [])
        let refusal = ErrorMessage(StreamError(.badPosition, "beyond"), scope: .request)
        #expect(gets(.error(refusal), &machine) == ["refused bad_position", "batch 0.1", "CREDIT 1"])
    }

    @Test("a batch in a slot is one like any other, once its memory is there")
    func slot() throws {
        var machine = try streaming(features: ["checksum", "descriptors", "slots"])
        let payload = Samples.payload(Samples.batch(step: 0, steps: 3), token: Samples.token(epoch: 0, step: 1))
        var slot = SlotMessage(slot: 4, bytes: payload.readableBytes, checksum: Checksum.crc32(payload))
        final class Owner: Sendable {}
        #expect(gets(.slot(slot), &machine) == ["map 4"])
        #expect(machine.mapped(slot, payload, owner: Owner()).map(line) == ["batch 0.0"])

        var absent = try streaming(features: ["descriptors", "slots"])
        #expect(gets(.slot(slot), &absent) == ["map 4"])
        #expect(absent.cannotMap(slot, "nothing came").map(line) == ["ERROR", "violation", "close connection"])
        #expect(absent.mapped(slot, payload, owner: Owner()).map(line) == [])

        slot.checksum = 1
        var damaged = try streaming(features: ["checksum", "descriptors", "slots"])
        #expect(gets(.slot(slot), &damaged) == ["map 4"])
        #expect(damaged.mapped(slot, payload, owner: Owner()).map(line) == ["ERROR", "violation", "close connection"])

        var short = try streaming(features: ["descriptors", "slots"])
        slot.bytes -= 1
        #expect(gets(.slot(slot), &short) == ["ERROR", "violation", "close connection"])
        var unasked = try streaming()
        slot.bytes += 1
        #expect(gets(.slot(slot), &unasked) == ["ERROR", "violation", "close connection"])
    }

    @Test("a batch out of order, without credit, or of another shape breaks the protocol")
    func violations() throws {
        var machine = try streaming()
        #expect(getsBatch(1, &machine) == ["ERROR", "violation", "close connection"])
        #expect(getsBatch(0, &machine) == [])

        var repeated = try streaming()
        _ = getsBatch(0, &repeated)
        #expect(getsBatch(0, &repeated) == ["ERROR", "violation", "close connection"])

        var flooded = try streaming()
        _ = getsBatch(0, &flooded)
        _ = getsBatch(1, &flooded)
        #expect(getsBatch(2, &flooded) == ["ERROR", "violation", "close connection"])

        var early = try streaming()
        #expect(
            gets(.epochEnd(EpochEndMessage(epoch: 0, steps: 3)), &early) == ["ERROR", "violation", "close connection"])

        var other = try streaming()
        let layout = BatchLayout(
            data: [DataDesc(name: "data", shape: [3, 6], elementType: .uint8, layout: "NC")], label: [], batchSize: 3)
        let payload = Samples.payload(
            Samples.batch(step: 0, steps: 3, layout: layout), token: Samples.token(epoch: 0, step: 1))
        let header = FrameHeader(type: .batch, lengthBytes: payload.readableBytes, stream: 1, sequence: 0)
        #expect(
            other.received(Frame(header: header, payload: payload)).map(line)
                == ["ERROR", "violation", "close connection"])
    }

    @Test("answers that nobody asked for break the protocol")
    func unasked() throws {
        let answers: [ControlMessage] = [
            .position(PositionMessage(epoch: 1, step: 0, steps: 3)), .close,
            .opened(OpenedMessage(Samples.info(), position: BatchAddress(epoch: 0, step: 0), stepCount: 3)),
            .hello(Samples.hello), .error(ErrorMessage(StreamError(.notFound, "x"), scope: .request)), .reset,
            .credit(CreditMessage(batches: 1)),
        ]
        for answer in answers {
            var machine = try streaming()
            #expect(gets(answer, &machine) == ["ERROR", "violation", "close connection"], "\(answer.type.name)")
        }
    }

    @Test("one request at a time, and none without a stream")
    func requests() throws {
        var machine = try streaming()
        _ = try machine.reset()
        #expect(throws: SessionFailure.self) { try machine.askState() }
        var closed = ClientSessionMachine(window: 1)
        _ = closed.greet(Samples.hello)
        #expect(throws: SessionFailure.self) { try closed.reset() }
    }

    @Test("a server that goes away says why, then ends")
    func goAway() throws {
        var machine = try streaming()
        #expect(gets(.goAway(GoAwayMessage(reason: "drain", deadlineSeconds: 1)), &machine) == ["go away"])
        #expect(getsBatch(0, &machine) == ["batch 0.0"])
        let end = ErrorMessage(StreamError(.draining, "the server is going down"), scope: .connection)
        #expect(gets(.error(end), &machine) == ["the server is going down", "close connection"])
        #expect(machine.connectionLost(missingBytes: 0, reason: nil).isEmpty)
    }
}

import DataTypes
import NIOCore
import Wire

/// Frames and what the stream, the pools and the administrator do meanwhile, one byte each to say which.
///
/// The target is the machine's owner and keeps to what the owner promises. The machine, whatever the client sends, asks for
/// one batch at a time, keeps credit and batches in flight within the limits, and sends only what a client can read.
struct ServerTarget: ~Copyable {
    private var machine: ServerSessionMachine
    private var hasStream = false
    private var isOpening = false
    private var isTakingOver = false
    private var refusesArray = false
    private var isClosed = false
    private var ticket: UInt64?
    private var inFlight = 0
    private var roomOfArray = 0
    private var position = BatchAddress(epoch: 0, step: 0)
    /// Whether batches go as slots when the client knows what these are.
    private let lends: Bool
    /// Slots of this stream; every stream has other numbers.
    private var slots = 0..<4
    private var freeSlots: Set<Int> = [0, 1, 2, 3]

    static func run(_ input: FuzzInput) {
        var input = input
        let options = input.byte()
        var target = ServerTarget(
            machine: ServerSessionMachine(
                software: "headraced/fuzz", session: 1, passesDescriptors: options & 1 != 0,
                sharesMemory: options & 2 != 0), lends: options & 4 == 0)
        while !input.isAtEnd {
            let code = input.byte()
            if code & 0x80 == 0 {
                target.run(target.machine.received(SampleStream.frame(code, from: &input)))
            } else {
                target.happen(code & 0x0F)
            }
            target.check()
        }
        target.run(target.machine.connectionLost())
        expect(!target.hasStream, "the stream is open when the connection is gone")
    }

    private init(machine: consuming ServerSessionMachine, lends: Bool) {
        self.machine = machine
        self.lends = lends
    }

    /// What is not the client's doing, as far as it can happen now.
    private mutating func happen(_ event: UInt8) {
        switch event {
        case 0 where isOpening:
            isOpening = false
            hasStream = true
            position = BatchAddress(epoch: 0, step: 0)
            run(machine.opened(SampleStream.info, position: position, stepCount: SampleStream.steps(0)))
        case 1 where isOpening:
            isOpening = false
            run(machine.openFailed(StreamError(.notFound, "no such file")))
        case 2, 3: answer(withBadRecord: event == 3)
        case 4:
            guard let ticket else { return }
            self.ticket = nil
            run(machine.streamFailed(StreamError(.badRecord, "bad"), ticket: ticket))
        case 5 where inFlight > 0:
            inFlight -= 1
            run(machine.batchWritten())
        case 6 where isTakingOver && !refusesArray:
            isTakingOver = false
            run(machine.attached())
        case 7 where isTakingOver:
            isTakingOver = false
            run(machine.attachFailed(StreamError(.timeout, "too late")))
        case 8: run(machine.drain(deadlineSeconds: 30))
        case 9: run(machine.drainTimedOut())
        case 10: run(machine.framingFailed(.badMagic(found: 0)))
        case 11: run(machine.framingFailed(.http))
        // An answer of before a move.
        case 12: run(machine.batchReady(SampleStream.batch(position), ticket: 0))
        case 13: run(machine.stop(StreamError(.draining, "stopped by the administrator")))
        case 14: run(machine.pause())
        case 15: run(machine.resume())
        default: break
        }
    }

    /// The stream hands over what it was asked for.
    private mutating func answer(withBadRecord: Bool) {
        guard let ticket else { return }
        self.ticket = nil
        let steps = SampleStream.steps(position.epoch)
        guard position.step < steps else {
            run(machine.epochEnded(epoch: position.epoch, stepCount: steps, ticket: ticket))
            return
        }
        let bad = BadRecord(reason: "bad_image", message: "cut", file: "a.rec", offset: 8, ordinal: 1)
        let batch = SampleStream.batch(position, badRecords: withBadRecord ? [bad] : [])
        position.step += 1
        run(machine.batchReady(batch, ticket: ticket))
    }

    private mutating func run(_ actions: [ServerSessionMachine.Action]) {
        for action in actions {
            // A stream that was still being opened then is closed when it comes.
            if case .closeStream = action {} else { expect(!isClosed, "\(action) behind the end of the connection") }
            switch action {
            case .send(let message): check(message)
            case .sendBatch: send()
            case .open:
                expect(!isOpening && !hasStream, "two streams at a time")
                isOpening = true
            case .next(let ticket):
                expect(self.ticket == nil && hasStream, "two questions at a time, or no stream to ask")
                self.ticket = ticket
            case .resetStream: move(to: BatchAddress(epoch: position.epoch + 1, step: 0))
            case .seekStream(let address):
                if address.step <= SampleStream.steps(address.epoch) {
                    move(to: address)
                } else {
                    run(machine.seekFailed(StreamError(.badPosition, "beyond the end")))
                }
            case .sendState:
                expect(hasStream, "the state of no stream")
                check(machine.stateMessage(StreamStatistics()))
            case .closeStream:
                expect(hasStream, "the end of no stream")
                hasStream = false
                ticket = nil
                slots = slots.upperBound..<slots.upperBound + 4
                freeSlots = Set(slots)
            case .attach(_, let shape, let way):
                roomOfArray = shape.byteCount
                refusesArray = false
                if way == .descriptor {
                    isTakingOver = true
                } else if shape.byteCount > 1 << 20 {
                    run(machine.attachFailed(StreamError(.memoryLimit, "no room")))
                }
            case .refuseDescriptor: (isTakingOver, refusesArray) = (true, true)
            case .appendToArray(let bytes):
                roomOfArray -= bytes.readableBytes
                expect(roomOfArray >= 0, "more comes of an array than it has room for")
            case .finishArray:
                if machine.state == .attaching { run(machine.attached()) }
            case .takeBack(let slots):
                for slot in slots { expect(freeSlots.insert(slot).inserted, "slot \(slot) was not lent") }
            case .closeConnection: isClosed = true
            case .sendRaw, .clientFailed: break
            }
        }
    }

    private mutating func send() {
        guard lends, machine.features.contains(WireLimits.slotsFeature), let slot = freeSlots.min() else {
            inFlight += 1
            return
        }
        freeSlots.remove(slot)
        machine.lent(slot: slot)
        run(machine.batchWritten())
    }

    private mutating func move(to address: BatchAddress) {
        expect(hasStream, "no stream moves")
        position = address
        ticket = nil
        run(machine.positionChanged(address, stepCount: SampleStream.steps(address.epoch)))
    }

    /// A client must be able to read what is sent.
    private func check(_ message: ControlMessage) {
        let payload = message.payload()
        expect(payload.readableBytes <= WireLimits.controlPayloadBytes, "\(message.type.name) is too long")
        let frame = SampleStream.frame(message.type, payload, stream: message.stream)
        expect((try? ControlMessage(decoding: frame, sender: .server)) == message, "no client reads \(message)")
    }

    private func check() {
        expect((0...WireLimits.creditsOutstanding).contains(machine.credits), "credit is \(machine.credits)")
        expect((0...2).contains(inFlight), "\(inFlight) batches are in flight")
        expect(machine.lentSlots.union(freeSlots) == Set(slots), "slots are lost, or lent twice")
        _ = machine.waitingFor
    }
}

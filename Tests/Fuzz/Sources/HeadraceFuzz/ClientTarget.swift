import DataTypes
import NIOCore
import Wire

/// What the server sends and what the user wishes meanwhile, one byte each to say which.
///
/// Whatever the server sends, the machine delivers no more batches than were granted, each where it was due, nothing behind
/// the connection's end, and sends only what a server can read.
struct ClientTarget: ~Copyable {
    private static let window = 3
    private static let maxFrameBytes = 1 << 20

    private var machine = ClientSessionMachine(window: ClientTarget.window)
    private var isOver = false
    /// Batches delivered since the last move and not yet taken by the user.
    private var ready = 0

    static func run(_ input: FuzzInput) {
        var input = input
        var target = ClientTarget()
        let options = input.byte()
        target.run(
            target.machine.greet(
                .client(
                    software: "fuzz", features: options & 1 == 0 ? [] : ["arrays", "slots", "descriptors"],
                    processID: 1, maxFrameBytes: UInt64(maxFrameBytes))))
        while !input.isAtEnd {
            let code = input.byte()
            if code & 0x80 == 0 {
                target.run(target.machine.received(SampleStream.frame(code, from: &input)))
            } else {
                target.happen(code & 0x0F, &input)
            }
            let (credits, ready) = (target.machine.credits, target.ready)
            expect(credits >= 0 && credits + ready <= window, "\(credits) batches are granted, \(ready) wait")
        }
        target.run(target.machine.connectionLost(missingBytes: 0, reason: nil))
        expect(target.isOver, "nobody says that the connection is over")
    }

    /// The user's wishes, and frames of the server that a random text seldom is.
    private mutating func happen(_ event: UInt8, _ input: inout FuzzInput) {
        switch event {
        case 0: wish { machine throws(SessionFailure) in try machine.open(OpenMessage(OpenRequest(dataset: "d"))) }
        case 1: wish { machine throws(SessionFailure) in try machine.reset() }
        case 2:
            let address = BatchAddress(epoch: Int(input.byte()), step: Int(input.byte()))
            wish { machine throws(SessionFailure) in try machine.seek(SeekMessage(address)) }
        case 3: wish { machine throws(SessionFailure) in try machine.askState() }
        case 4: wish { machine throws(SessionFailure) in try machine.closeStream() }
        case 5:
            guard let shape = ArrayShape(elementType: .uint8, extents: [4]) else { return }
            wish { machine throws(SessionFailure) in
                try machine.attach(AttachMessage(name: "a", shape: shape, via: .frames))
            }
        case 6 where ready > 0:
            ready -= 1
            run(machine.consumed())
        case 7:
            receive(.hello(HelloMessage(major: 1, minor: 2, features: ["arrays", "slots"], maxFrameBytes: 1 << 20)))
        case 8:
            let opened = OpenedMessage(
                SampleStream.info, position: BatchAddress(epoch: 0, step: 0), stepCount: 3, hasSlots: true)
            receive(.opened(opened))
        case 9: run(machine.received(SampleStream.frame(.batch, SampleStream.payload(machine.position))))
        case 10: receive(.epochEnd(EpochEndMessage(epoch: machine.position.epoch, steps: machine.stepCount)))
        case 11:
            let (epoch, step, steps) = (Int(input.byte()), Int(input.byte()), Int(input.byte()))
            receive(.position(PositionMessage(epoch: epoch, step: step, steps: steps)))
        case 12: receive(.slot(SlotMessage(slot: 1, bytes: SampleStream.layout.payloadBytes, checksum: nil)))
        case 13:
            if let payload = BatchTarget.payload(FuzzInput(input.take(input.number()))) {
                run(machine.received(SampleStream.frame(.batch, payload)))
            }
        case 14: run(machine.framingFailed(.badMagic(found: 1)))
        default: receive(.close)
        }
    }

    private mutating func wish(
        _ wish: (inout ClientSessionMachine) throws(SessionFailure) -> [ClientSessionMachine.Action]
    ) {
        // Whether the state allows it is what is asked.
        guard let actions = try? wish(&machine) else { return }
        run(actions)
    }

    private mutating func receive(_ message: ControlMessage) {
        run(machine.received(SampleStream.frame(message.type, message.payload(), stream: message.stream)))
    }

    private mutating func run(_ actions: [ClientSessionMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let message):
                let payload = message.payload()
                expect(payload.readableBytes <= WireLimits.controlPayloadBytes, "\(message.type.name) is too long")
                let frame = SampleStream.frame(message.type, payload, stream: message.stream)
                expect((try? ControlMessage(decoding: frame, sender: .client)) == message, "no server reads \(message)")
            case .deliver(let event):
                expect(!isOver, "\(event) behind the end")
                deliver(event)
            case .map(let slot):
                run(machine.mapped(slot, SampleStream.payload(machine.position), owner: FrameOwner()))
            case .limitBatches(let byteCount):
                expect(byteCount <= Self.maxFrameBytes, "batches of \(byteCount) bytes are let in")
            case .closeConnection: break
            }
        }
    }

    private mutating func deliver(_ event: ClientSessionMachine.Event) {
        switch event {
        case .batch: ready += 1
        case .opened, .position, .streamClosed: ready = 0
        case .connectionFailed: isOver = true
        default: break
        }
    }
}

/// Stands for a mapped slot.
final class FrameOwner: Sendable {}

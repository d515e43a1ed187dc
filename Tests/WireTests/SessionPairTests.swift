import DataTypes
import NIOCore
import Testing
import Wire

/// Both machines against each other, their frames and the stream's answers delayed at random.
@Suite("Client and server session together")
struct SessionPairTests {
    /// A stream in which epoch e has 3 + e mod 3 steps, and the two directions of a connection.
    private struct World: ~Copyable {
        var server = ServerSessionMachine(software: "s", session: 1)
        var client: ClientSessionMachine
        var toServer: [Frame] = []
        var toClient: [Frame] = []
        /// What the stream does next, and the ticket that waits for it.
        var position = BatchAddress(epoch: 0, step: 0)
        var ticket: UInt64?
        var writing = 0
        var events: [ClientSessionMachine.Event] = []
        var creditsInFlight = 0

        init(window: Int) { client = ClientSessionMachine(window: window) }

        static func steps(_ epoch: Int) -> Int { 3 + epoch % 3 }

        mutating func run(_ actions: [ClientSessionMachine.Action]) {
            for action in actions {
                switch action {
                case .send(let message): toServer.append(Samples.frame(message))
                case .deliver(let event): events.append(event)
                case .limitBatches, .closeConnection: break
                case .map(let slot): Issue.record("unexpected slot \(slot.slot)")
                }
            }
        }

        mutating func run(_ actions: [ServerSessionMachine.Action]) {
            for action in actions {
                switch action {
                case .send(let message): toClient.append(Samples.frame(message))
                case .sendBatch(let batch, let token):
                    let payload = Samples.payload(batch, token: token)
                    let header = FrameHeader(type: .batch, lengthBytes: payload.readableBytes, stream: 1, sequence: 0)
                    toClient.append(Frame(header: header, payload: payload))
                    writing += 1
                case .open:
                    run(server.opened(Samples.info(), position: position, stepCount: World.steps(0)))
                case .next(let ticket):
                    #expect(self.ticket == nil, "one call of next at a time")
                    self.ticket = ticket
                case .resetStream:
                    position = BatchAddress(epoch: position.epoch + 1, step: 0)
                    move()
                case .seekStream(let address):
                    guard address.step <= World.steps(address.epoch) else {
                        run(server.seekFailed(StreamError(.badPosition, "beyond")))
                        continue
                    }
                    position = address
                    move()
                case .closeStream: ticket = nil
                case .sendState, .closeConnection, .clientFailed, .sendRaw, .attach, .appendToArray, .finishArray,
                    .takeBack, .refuseDescriptor:
                    Issue.record("unexpected \(action)")
                }
            }
        }

        private mutating func move() {
            ticket = nil
            run(server.positionChanged(position, stepCount: World.steps(position.epoch)))
        }

        /// The stream answers the outstanding call.
        mutating func answer() {
            guard let ticket else { return }
            self.ticket = nil
            let steps = World.steps(position.epoch)
            guard position.step < steps else {
                run(server.epochEnded(epoch: position.epoch, stepCount: steps, ticket: ticket))
                return
            }
            let batch = Samples.batch(epoch: position.epoch, step: position.step, steps: steps)
            position.step += 1
            run(server.batchReady(batch, ticket: ticket))
        }
    }

    @Test("every batch of every place comes once, in order, whatever the delays", arguments: 0..<60)
    func randomSchedule(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var world = World(window: Int.random(in: 1...4, using: &random))
        world.run(world.client.greet(Samples.hello))
        var expected: BatchAddress?
        var target: BatchAddress?
        var batches = 0
        var ends = 0
        var moves = 0
        var refusals = 0
        for turn in 0..<3000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2: if !world.toServer.isEmpty { world.run(world.server.received(world.toServer.removeFirst())) }
            case 3...5: if !world.toClient.isEmpty { world.run(world.client.received(world.toClient.removeFirst())) }
            case 6: world.answer()
            case 7:
                if world.writing > 0 {
                    world.writing -= 1
                    world.run(world.server.batchWritten())
                }
            case 8 where world.client.request == nil && turn % 7 == 0 && expected != nil:
                let epoch = Int.random(in: 0..<5, using: &random)
                let step = Int.random(in: 0...6, using: &random)
                target = BatchAddress(epoch: epoch, step: step)
                world.run(try world.client.seek(SeekMessage(BatchAddress(epoch: epoch, step: step))))
            case 9 where world.client.state == .ended && world.client.request == nil:
                target = nil
                world.run(try world.client.reset())
            default: break
            }
            let events = world.events
            world.events = []
            for event in events {
                switch event {
                case .greeted: world.run(try world.client.open(OpenMessage(OpenRequest(dataset: "d"))))
                case .opened(let opened): expected = BatchAddress(epoch: opened.epoch, step: opened.step)
                case .batch(let header, _, _):
                    #expect(header.address == expected)
                    expected?.step += 1
                    batches += 1
                    world.run(world.client.consumed())
                case .epochEnd(let end):
                    #expect(BatchAddress(epoch: end.epoch, step: World.steps(end.epoch)) == expected)
                    ends += 1
                case .position(let position):
                    moves += 1
                    if let target { #expect(position.epoch == target.epoch && position.step == target.step) }
                    expected = BatchAddress(epoch: position.epoch, step: position.step)
                case .refused(let error):
                    #expect(error.code == "bad_position")
                    refusals += 1
                default: Issue.record("unexpected \(event)")
                }
            }
        }
        #expect(batches > 20)
        #expect(ends > 0)
        #expect(moves + refusals > 3)
    }
}

package import DataTypes
package import NIOCore

/// The client's side of one connection. Pure, as the server's: frames and wishes go in, actions come out.
///
/// One request (HELLO, ATTACH, OPEN, RESET or SEEK, STATE, CLOSE) is under way at a time; its answer is an event.
///
/// Credit: the server is granted `window` batches whenever the stream stands at a new place, and one more for each that
/// has been consumed. Between RESET or SEEK and its answer nothing is granted, and what comes is held: POSITION drops
/// it, a refusal, after which nothing has changed, delivers it.
package struct ClientSessionMachine: ~Copyable {
    package enum Action: Sendable {
        case send(ControlMessage)
        case deliver(Event)
        /// Map the slot, then call `mapped`, or `cannotMap`.
        case map(SlotMessage)
        /// From now on no BATCH may be longer; for the frame decoder.
        case limitBatches(byteCount: Int)
        case closeConnection
    }

    package enum Event: Sendable {
        case greeted(HelloMessage)
        case opened(OpenedMessage)
        case position(PositionMessage)
        case state(StateMessage)
        /// The answer to CLOSE.
        case streamClosed
        /// The answer to ATTACH.
        case attached(AttachedMessage)
        /// The request under way was refused; nothing has changed.
        case refused(ErrorMessage)
        /// - Parameter owner: keeps the payload's memory, when that is not the payload's own.
        case batch(BatchHeader, ByteBuffer, owner: (any AnyObject & Sendable)?)
        case epochEnd(EpochEndMessage)
        case notice(NoticeMessage)
        /// The epoch cannot go on; RESET, SEEK and CLOSE may follow.
        case streamFailed(ErrorMessage)
        case goAway(GoAwayMessage)
        /// The connection is over. The last event.
        case connectionFailed(SessionFailure)
    }

    package enum State: String, Sendable { case connected, greeted, streaming, ended, failed, closed }

    package enum Request: String, Sendable {
        case hello = "HELLO"
        case attach = "ATTACHED"
        case open = "OPEN"
        case move = "POSITION"
        case state = "STATE"
        case close = "CLOSE"
    }

    package private(set) var state = State.connected
    /// The request whose answer is awaited, named as that answer.
    package private(set) var request: Request?
    /// The next batch that the server sends.
    package private(set) var position = BatchAddress(epoch: 0, step: 0)
    package private(set) var stepCount = 0
    /// Batches granted and not yet received.
    package private(set) var credits = 0

    private let window: Int
    /// The longest BATCH that this side said it takes.
    private var maxFrameBytes: UInt64 = 0
    /// What is in effect of the features.
    private var features: Set<String> = []
    private var opened: OpenedMessage?
    /// What came since the RESET or SEEK under way.
    private var held: [Event] = []
    /// Notices among it. Credit bounds the batches, and nothing a server's notices.
    private var heldNotices = 0
    private static let mostHeldNotices = 1024
    /// Grants that wait for the answer to the RESET or SEEK under way.
    private var owed = 0

    /// - Parameter window: batches under way or waiting at the client, at least 1.
    package init(window: Int) {
        self.window = min(max(window, 1), WireLimits.creditsOutstanding)
    }

    /// Whether the connection has a side channel for file descriptors.
    package var passesDescriptors: Bool { features.contains(WireLimits.descriptorsFeature) }

    /// Whether `attach` would be granted now.
    package var canAttach: Bool { features.contains(WireLimits.arraysFeature) && state == .greeted && request == nil }

    // MARK: Wishes

    /// The first frame.
    package mutating func greet(_ hello: HelloMessage) -> [Action] {
        request = .hello
        maxFrameBytes = min(hello.maxFrameBytes, WireLimits.batchPayloadBytes)
        return [.send(.hello(hello))]
    }

    /// - Throws: `.notNow` when the state does not allow it or another request is under way. So do the other wishes.
    package mutating func open(_ message: OpenMessage) throws(SessionFailure) -> [Action] {
        try begin(.open, in: [.greeted])
        return [.send(.open(message))]
    }

    /// Hands over an array. The owner sends its elements in DATA frames behind the actions, as long as ATTACH is under way.
    package mutating func attach(_ message: AttachMessage) throws(SessionFailure) -> [Action] {
        guard features.contains(WireLimits.arraysFeature) else {
            throw .notNow("this server takes no arrays; update headraced, or open the data from a file")
        }
        try begin(.attach, in: [.greeted])
        return [.send(.attach(message))]
    }

    package mutating func reset() throws(SessionFailure) -> [Action] {
        try beginMove()
        return [.send(.reset)]
    }

    package mutating func seek(_ message: SeekMessage) throws(SessionFailure) -> [Action] {
        try beginMove()
        return [.send(.seek(message))]
    }

    package mutating func askState() throws(SessionFailure) -> [Action] {
        try begin(.state, in: [.streaming, .ended, .failed])
        return [.send(.stateRequest)]
    }

    package mutating func closeStream() throws(SessionFailure) -> [Action] {
        try begin(.close, in: [.streaming, .ended, .failed])
        return [.send(.close)]
    }

    /// A delivered batch has been taken by the user. Not to be called for batches of before a move.
    package mutating func consumed() -> [Action] {
        guard state == .streaming, request != .close else { return [] }
        if request == .move {
            owed += 1
            return []
        }
        return grant(1)
    }

    // MARK: What came

    /// One frame that the decoder passed.
    package mutating func received(_ frame: borrowing Frame) -> [Action] {
        guard state != .closed else { return [] }
        if frame.header.type == .batch { return receivedBatch(frame.payload, owner: nil) }
        do {
            guard let message = try ControlMessage(decoding: frame, sender: .server) else {
                return violation("\(frame.header.type.name) is nothing a server sends")
            }
            return handle(message)
        } catch {
            return violation("\(frame.header.type.name): \(error)")
        }
    }

    /// The decoder refused the bytes.
    package mutating func framingFailed(_ error: FrameError) -> [Action] {
        guard state != .closed else { return [] }
        state = .closed
        return [.deliver(.connectionFailed(.framing(error))), .closeConnection]
    }

    /// The connection ended, `missingBytes` before the end of a frame, or 0 between frames.
    package mutating func connectionLost(missingBytes: UInt64, reason: String?) -> [Action] {
        guard state != .closed else { return [] }
        state = .closed
        return [.deliver(.connectionFailed(.lost(missingBytes: missingBytes, reason: reason)))]
    }

    private mutating func handle(_ message: ControlMessage) -> [Action] {
        switch (message, state, request) {
        case (.hello(let hello), .connected, .hello): return greeted(hello)
        case (.error(let error), _, _): return failed(error)
        case (_, .connected, _): return violation("\(message.type.name) came before HELLO")
        case (.ping(let payload), _, _): return [.send(.pong(payload))]
        case (.pong, _, _): return []
        case (.goAway(let goAway), _, _): return [.deliver(.goAway(goAway))]
        case (.opened(let opened), .greeted, .open): return begun(opened)
        case (.attached(let answer), .greeted, .attach):
            request = nil
            return [.deliver(.attached(answer))]
        case (.position(let position), _, .move): return moved(position)
        case (.state(let answer), _, .state):
            request = nil
            return [.deliver(.state(answer))]
        case (.close, _, .close):
            request = nil
            state = .greeted
            opened = nil
            return [.deliver(.streamClosed)]
        case (.slot(let slot), .streaming, _) where features.contains(WireLimits.slotsFeature):
            guard let opened, slot.bytes == opened.batchBytes, credits > 0 else {
                return violation("SLOT has \(slot.bytes) bytes at \(credits) batches of credit")
            }
            return [.map(slot)]
        // Frames that were on their way when CLOSE was sent.
        case (.notice, _, .close), (.epochEnd, _, .close): return []
        case (.notice(let notice), _, _):
            if request == .move {
                heldNotices += 1
                // The rest of them would say more of the same, of a place that is being left.
                guard heldNotices <= Self.mostHeldNotices else { return [] }
            }
            return deliver(.notice(notice))
        case (.epochEnd(let end), .streaming, _):
            guard end.epoch == position.epoch, position.step == stepCount else {
                return violation("EPOCH_END of epoch \(end.epoch) came at \(place) of \(stepCount)")
            }
            // A move under way may still be refused, and then the epoch has ended all the same.
            state = .ended
            return deliver(.epochEnd(end))
        default:
            return violation("\(message.type.name) came in the state '\(state.rawValue)'")
        }
    }

    private mutating func greeted(_ hello: HelloMessage) -> [Action] {
        guard hello.major == WireLimits.majorVersion else {
            return violation("the server speaks protocol version \(hello.major)")
        }
        request = nil
        state = .greeted
        features = Set(hello.features)
        return [.deliver(.greeted(hello))]
    }

    private mutating func begun(_ message: OpenedMessage) -> [Action] {
        guard message.batchBytes > 0, UInt64(message.batchBytes) <= maxFrameBytes,
            message.epoch >= 0, message.epoch < WireLimits.epochs, message.step >= 0, message.step <= message.steps,
            message.provideData.allSatisfy({ $0.desc != nil }), message.provideLabel.allSatisfy({ $0.desc != nil })
        else { return violation("OPENED describes an impossible stream") }
        request = nil
        state = .streaming
        opened = message
        position = BatchAddress(epoch: message.epoch, step: message.step)
        stepCount = message.steps
        credits = 0
        return [.limitBatches(byteCount: message.batchBytes), .deliver(.opened(message))] + grant(window)
    }

    private mutating func moved(_ message: PositionMessage) -> [Action] {
        guard message.epoch >= 0, message.epoch < WireLimits.epochs, message.step >= 0, message.step <= message.steps
        else { return violation("POSITION names an impossible place") }
        request = nil
        state = .streaming
        held = []
        owed = 0
        position = BatchAddress(epoch: message.epoch, step: message.step)
        stepCount = message.steps
        credits = 0
        return [.deliver(.position(message))] + grant(window)
    }

    private mutating func failed(_ error: ErrorMessage) -> [Action] {
        switch error.scope {
        case .connection:
            state = .closed
            return [.deliver(.connectionFailed(.server(error))), .closeConnection]
        case .stream:
            guard state == .streaming else { return violation("ERROR of a stream came without one") }
            if request == .close { return [] }
            state = .failed
            return deliver(.streamFailed(error))
        case .request:
            guard let refused = request else { return violation("ERROR '\(error.message)' answers no request") }
            request = nil
            var actions: [Action] = [.deliver(.refused(error))]
            if refused == .move {
                actions += held.map { .deliver($0) }
                held = []
                if owed > 0, state == .streaming { actions += grant(owed) }
                owed = 0
            }
            return actions
        }
    }

    /// The payload in the slot of `.map`.
    ///
    /// - Parameter owner: keeps the slot from being released.
    package mutating func mapped(
        _ slot: SlotMessage, _ payload: ByteBuffer, owner: any AnyObject & Sendable
    ) -> [Action] {
        guard state != .closed else { return [] }
        if features.contains(WireLimits.checksumFeature), slot.checksum != Checksum.crc32(payload) {
            return violation("the slot \(slot.slot) has another checksum than SLOT says")
        }
        return receivedBatch(payload, owner: owner)
    }

    /// The slot of `.map` is not there, or is not what was agreed on.
    package mutating func cannotMap(_ slot: SlotMessage, _ reason: String) -> [Action] {
        guard state != .closed else { return [] }
        return violation("the slot \(slot.slot) cannot be used: \(reason)")
    }

    private mutating func receivedBatch(_ payload: ByteBuffer, owner: (any AnyObject & Sendable)?) -> [Action] {
        guard state == .streaming, let opened else { return violation("BATCH came in the state '\(state.rawValue)'") }
        guard credits > 0 else { return violation("BATCH came without credit") }
        credits -= 1
        if request == .close { return [] }
        do {
            let header = try BatchHeader(reading: payload)
            guard header.address == position else {
                let came = header.address
                return violation("the batch of epoch \(came.epoch), step \(came.step) came where \(place) was due")
            }
            guard header.provides(opened.provideData, as: header.data),
                header.provides(opened.provideLabel, as: header.label),
                payload.readableBytes == opened.batchBytes
            else { return violation("the tensors of \(place) are not those that OPENED states") }
            position.step += 1
            return deliver(.batch(header, payload, owner: owner))
        } catch {
            return violation("\(error)")
        }
    }

    // MARK: Helpers

    private var place: String { "epoch \(position.epoch), step \(position.step)" }

    private mutating func begin(_ wish: Request, in allowed: [State]) throws(SessionFailure) {
        guard state != .closed else { throw .notNow("the connection is closed") }
        if let request { throw .notNow("an answer is still awaited: \(request.rawValue)") }
        guard allowed.contains(state) else {
            throw .notNow(
                wish == .open || wish == .attach
                    ? "a stream is open on this connection" : "no stream is open on this connection")
        }
        request = wish
    }

    private mutating func beginMove() throws(SessionFailure) {
        try begin(.move, in: [.streaming, .ended, .failed])
        heldNotices = 0
    }

    private mutating func grant(_ batches: Int) -> [Action] {
        credits += batches
        return [.send(.credit(CreditMessage(batches: batches)))]
    }

    private mutating func deliver(_ event: Event) -> [Action] {
        guard request == .move else { return [.deliver(event)] }
        held.append(event)
        return []
    }

    /// The server broke the protocol: say so to both sides, and end.
    private mutating func violation(_ what: String) -> [Action] {
        state = .closed
        let error = ErrorMessage(StreamError(.badFrame, what), scope: .connection)
        return [.send(.error(error)), .deliver(.connectionFailed(.violation(what))), .closeConnection]
    }
}

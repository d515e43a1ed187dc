package import DataTypes
package import NIOCore

/// The server's side of one connection: what each frame means in each state, and what is to be done about it.
///
/// Pure: events go in through the methods, actions come out, nothing else happens. The owner, a channel handler, runs
/// the actions in order, on its event loop, and reports back what they led to.
///
/// ```
///                  attaching
///             ATTACH ▲ │ attached
///            HELLO   │ ▼     OPEN            opened             RESET, SEEK
/// connected ──────▶ greeted ──────▶ opening ────────▶ streaming ◀───────────┐
///                     ▲                │ CLOSE          │ │ ├─ epochEnded ─▶ ended ──┤
///                     ├── abandoning ◀─┘                │ │ └─ streamFailed ▶ failed ┘
///                     └──────────── CLOSE ──────────────┘
/// ```
///
/// Flow control: a batch is asked of the stream only when the client has credit for it and fewer than
/// `maxBatchesInFlight` are on their way into the socket. So a peer that reads slowly, or not at all, holds two
/// batches and no more.
package struct ServerSessionMachine: ~Copyable {
    package enum Action: Sendable {
        /// Send one control frame.
        case send(ControlMessage)
        /// Send the batch as a BATCH frame (write its descriptor table first, with `BatchHeader`), keep it alive until
        /// the write is done, then call `batchWritten()`.
        case sendBatch(DataBatch, token: String)
        /// Send these bytes instead of a frame: the answer to a peer that speaks HTTP.
        case sendRaw(String)
        /// Make room for an array. Then, for one that comes by descriptor, take it over and call `attached` or
        /// `attachFailed`; for one that comes in frames, call `attachFailed` when there is no room.
        case attach(name: String, ArrayShape, AttachMessage.Way)
        /// Take one descriptor from the side channel and let go of it, then call `attachFailed`: the array that it is of is
        /// refused, and the next one's must not be taken for it.
        case refuseDescriptor(StreamError)
        /// The next bytes of the array, which has room for them.
        case appendToArray(ByteBuffer)
        /// The array is whole; call `attached`.
        case finishArray
        /// Open a stream away from the event loop, then call `opened` or `openFailed`, even when the client has gone.
        case open(OpenRequest)
        /// Call the stream's `next`; report the result, with the ticket, to `batchReady`, `epochEnded` or `streamFailed`.
        case next(ticket: UInt64)
        /// Call the stream's `reset`, then `positionChanged`.
        case resetStream
        /// Call the stream's `seek`, then `positionChanged` or `seekFailed`.
        case seekStream(BatchAddress)
        /// Send `stateMessage(_:)` of the stream's statistics.
        case sendState
        /// Let go of the batches that were sent in these slots.
        case takeBack(slots: [Int])
        /// Close the stream and let go of it, and of all batches in slots.
        case closeStream
        /// Close the connection once everything before has been written.
        case closeConnection
        /// The client says that it failed; for the log.
        case clientFailed(ErrorMessage)
    }

    package enum State: String, Sendable {
        case connected, greeted, attaching, opening, abandoning, streaming, ended, failed, closed
    }

    package internal(set) var state = State.connected
    /// The client's greeting, once it has come.
    package private(set) var client: HelloMessage?
    /// What is in effect of the features.
    package private(set) var features: Set<String> = []
    /// Whether BATCH frames carry checksums.
    package var sendsChecksums: Bool { features.contains(WireLimits.checksumFeature) }
    /// Batches the client has asked for and not yet got.
    package internal(set) var credits = 0
    /// The next batch to send.
    package internal(set) var position = BatchAddress(epoch: 0, step: 0)
    /// Batches of the position's epoch.
    package internal(set) var stepCount = 0
    package private(set) var isDraining = false
    /// An administrator has stopped the flow of batches for a while.
    package internal(set) var isPaused = false
    /// What the client was told when an administrator ended its stream; until it closes the stream.
    var stopped: StreamError?

    /// Batches handed to the socket and not yet written.
    var batchesInFlight = 0
    static let maxBatchesInFlight = 2

    private let software: String
    private let session: UInt64
    private let offered: Set<String>
    /// The array under way; its DATA frames still bring `missing` bytes.
    var upload: (name: String, missing: Int, comesInFrames: Bool)?
    /// Bytes of an array that was refused and may be on their way yet.
    var unwantedBytes = 0
    /// Names of the arrays that are there.
    var arrays: Set<String> = []
    /// Slots whose batches the client looks at, of the open stream.
    package internal(set) var lentSlots: Set<Int> = []
    /// One more than the highest slot ever lent.
    var slotEnd = 0
    /// The slots before it are of streams that have been closed: the client may still release them, which means nothing.
    var firstSlot = 0
    /// Identity and policy of the open stream; nil without one.
    var stream: StreamInfo?
    /// Marks the outstanding call of `next`; answers with another ticket are too late and ignored.
    var ticket: UInt64 = 0
    var nextIsOutstanding = false

    /// - Parameters:
    ///   - software: the server's name for HELLO, such as `headraced/0.1.0`.
    ///   - session: this connection's number in logs and status pages.
    ///   - passesDescriptors: whether this connection can have a side channel for file descriptors.
    ///   - sharesMemory: whether batches may then be in memory that the client maps.
    package init(software: String, session: UInt64, passesDescriptors: Bool = false, sharesMemory: Bool = false) {
        self.software = software
        self.session = session
        offered = Set(
            [WireLimits.checksumFeature, WireLimits.arraysFeature]
                + (passesDescriptors ? [WireLimits.descriptorsFeature] : [])
                + (passesDescriptors && sharesMemory ? [WireLimits.slotsFeature] : []))
    }

    /// No side channel could be made; to be called before the answer to HELLO is sent, which is returned anew.
    package mutating func withdrawDescriptors(_ answer: HelloMessage) -> HelloMessage {
        features.subtract([WireLimits.descriptorsFeature, WireLimits.slotsFeature])
        var answer = answer
        answer.features = features.sorted()
        return answer
    }

    /// What the stream is waiting for, in a word: `credit`, `decode`, `socket`, `pause`, `reset`, or `-` without a
    /// stream.
    package var waitingFor: String {
        switch state {
        case .connected, .greeted, .closed: "-"
        case .attaching: "array"
        case .opening, .abandoning: "open"
        case .ended, .failed: "reset"
        case .streaming:
            if isPaused {
                "pause"
            } else if nextIsOutstanding {
                holdsAllSlots ? "credit" : "decode"
            } else if credits == 0 {
                "credit"
            } else {
                "socket"
            }
        }
    }

    // MARK: Frames

    /// One frame that the decoder passed.
    package mutating func received(_ frame: borrowing Frame) -> [Action] {
        guard state != .closed else { return [] }
        let type = frame.header.type
        guard (type == .hello) == (state == .connected) else { return notAllowed(type) }
        if type == .data { return receivedData(frame.payload) }
        if type != .ping, type != .pong { unwantedBytes = 0 }
        do {
            guard let message = try ControlMessage(decoding: frame, sender: .client) else { return notAllowed(type) }
            if case .hello(let hello) = message { return greet(hello) }
            return handle(message)
        } catch {
            let failure = StreamError(.badRequest, "\(type.name): \(error)")
            // Without a greeting there is nothing to go on with.
            return type == .hello ? fail(failure) : refuse(failure)
        }
    }

    /// The decoder refused the bytes; it must not be fed again.
    package mutating func framingFailed(_ error: FrameError) -> [Action] {
        guard state != .closed else { return [] }
        if case .http = error {
            let release = releaseStream()
            state = .closed
            return [.sendRaw(HTTPRefusal.response)] + release + [.closeConnection]
        }
        return fail(StreamError(.badFrame, "\(error)"))
    }

    private mutating func greet(_ hello: HelloMessage) -> [Action] {
        guard hello.major == WireLimits.majorVersion else {
            return fail(
                StreamError(
                    .version,
                    "the client speaks protocol version \(hello.major), this server speaks \(WireLimits.majorVersion)",
                    hint: hello.major > WireLimits.majorVersion ? "update headraced" : "update the client"))
        }
        client = hello
        features = offered.intersection(hello.features)
        // A slot's descriptor comes over the side channel.
        if !features.contains(WireLimits.descriptorsFeature) { features.remove(WireLimits.slotsFeature) }
        state = .greeted
        let answer = HelloMessage(
            major: WireLimits.majorVersion, minor: min(max(hello.minor, 0), WireLimits.minorVersion),
            features: features.sorted(), server: software, session: session,
            maxFrameBytes: UInt64(WireLimits.controlPayloadBytes))
        return [.send(.hello(answer))]
    }

    private mutating func handle(_ message: ControlMessage) -> [Action] {
        if let stopped, let answer = answer(to: message, afterStop: stopped) { return answer }
        switch (message, state) {
        case (.ping(let payload), _):
            return [.send(.pong(payload))]
        case (.pong, _):
            return []
        case (.error(let failure), _):
            guard failure.scope == .connection else { return [.clientFailed(failure)] }
            let release = releaseStream()
            state = .closed
            return [.clientFailed(failure)] + release + [.closeConnection]
        case (.attach(let attach), .greeted) where features.contains(WireLimits.arraysFeature):
            return self.attach(attach)
        case (.open(let open), .greeted):
            return self.open(open)
        case (.credit(let credit), .streaming), (.credit(let credit), .ended), (.credit(let credit), .failed):
            return grant(credit.batches)
        case (.release(let release), _) where features.contains(WireLimits.slotsFeature):
            return takeBack(release.slots)
        case (.reset, .streaming), (.reset, .ended), (.reset, .failed):
            return [.resetStream]
        case (.seek(let seek), .streaming), (.seek(let seek), .ended), (.seek(let seek), .failed):
            do {
                return [.seekStream(try address(of: seek))]
            } catch {
                return refuse(error)
            }
        case (.stateRequest, .streaming), (.stateRequest, .ended), (.stateRequest, .failed):
            return [.sendState]
        case (.close, .opening):
            // The opener cannot be interrupted; CLOSE is answered when it has returned.
            state = .abandoning
            return []
        case (.close, .streaming), (.close, .ended), (.close, .failed):
            let release = releaseStream()
            return release + backToGreeted([.send(.close)])
        default:
            return notAllowed(message.type)
        }
    }

    private mutating func open(_ message: OpenMessage) -> [Action] {
        guard !isDraining else { return refuse(Self.draining) }
        do {
            let request = try message.request()
            state = .opening
            return [.open(request)]
        } catch {
            return refuse(error)
        }
    }

    private mutating func grant(_ batches: Int) -> [Action] {
        guard batches >= 1 else {
            return refuse(StreamError(.badRequest, "CREDIT asks for \(batches) batches", hint: "ask for 1 or more"))
        }
        guard batches <= WireLimits.creditsOutstanding - credits else {
            return fail(
                StreamError(
                    .badFrame,
                    "CREDIT \(batches) on top of \(credits) exceeds the limit of \(WireLimits.creditsOutstanding)"))
        }
        credits += batches
        return pump()
    }

    private func address(of seek: SeekMessage) throws(StreamError) -> BatchAddress {
        let address: BatchAddress
        switch (seek.token, seek.epoch, seek.step) {
        case (let text?, nil, nil):
            guard let stream else { throw StreamError(.badRequest, "SEEK before OPEN") }
            address = try ResumeToken(text, of: stream).address
        case (nil, let epoch?, let step?):
            address = BatchAddress(epoch: epoch, step: step)
        default:
            throw StreamError(.badRequest, "SEEK names no address", hint: "give 'epoch' and 'step', or 'token'")
        }
        guard address.epoch >= 0, address.epoch < WireLimits.epochs, address.step >= 0 else {
            throw StreamError(.badPosition, "epoch \(address.epoch), step \(address.step) is not a place in the data")
        }
        return address
    }

    // MARK: What the server decided

    /// The server is going down: tell the client, take no new OPEN, let batches flow until `drainTimedOut`.
    /// A connection that has no stream is closed at once.
    package mutating func drain(deadlineSeconds: Double) -> [Action] {
        guard state != .closed, !isDraining else { return [] }
        isDraining = true
        // Before its HELLO a client cannot know what a GOAWAY is.
        guard state != .connected else { return fail(Self.draining) }
        let notice = Action.send(.goAway(GoAwayMessage(reason: "drain", deadlineSeconds: deadlineSeconds)))
        // A client that is to finish must get what it finishes with.
        guard state == .greeted else { return [notice] + resume() }
        state = .closed
        return [notice, .closeConnection]
    }

    /// The deadline of the drain has passed.
    package mutating func drainTimedOut() -> [Action] { fail(Self.draining) }

    /// Ends the connection with an ERROR that says why: a time-out, a limit, an order of the administrator.
    package mutating func fail(_ error: StreamError) -> [Action] {
        guard state != .closed else { return [] }
        let release = releaseStream()
        state = .closed
        return [.send(.error(ErrorMessage(error, scope: .connection)))] + release + [.closeConnection]
    }

    /// The peer is gone, in whatever way. Nothing can be sent any more.
    package mutating func connectionLost() -> [Action] {
        guard state != .closed else { return [] }
        let release = releaseStream()
        state = .closed
        return release
    }

    // MARK: Helpers, for the events of the stream too

    static let draining = StreamError(
        .draining, "the server is going down", hint: "connect again and open the stream at its token", isRetryable: true
    )

    /// Asks the stream for its next event when the client can take it. At the epoch's end the event is EPOCH_END, which
    /// needs no credit.
    mutating func pump() -> [Action] {
        guard state == .streaming, !isPaused, !nextIsOutstanding, batchesInFlight < Self.maxBatchesInFlight,
            credits > 0 || position.step >= stepCount
        else { return [] }
        nextIsOutstanding = true
        ticket += 1
        return [.next(ticket: ticket)]
    }

    /// Whether an answer to `next` is the awaited one.
    mutating func take(_ answered: UInt64) -> Bool {
        guard state == .streaming, nextIsOutstanding, answered == ticket else { return false }
        nextIsOutstanding = false
        return true
    }

    mutating func releaseStream() -> [Action] {
        guard stream != nil else { return [] }
        stream = nil
        credits = 0
        nextIsOutstanding = false
        isPaused = false
        lentSlots = []
        firstSlot = slotEnd
        return [.closeStream]
    }

    /// After a stream, or the attempt of one: ready for the next OPEN, or done when the server is draining.
    mutating func backToGreeted(_ actions: [Action]) -> [Action] {
        stopped = nil
        state = isDraining ? .closed : .greeted
        return isDraining ? actions + [.closeConnection] : actions
    }

    func token(of stream: StreamInfo) -> String {
        ResumeToken(manifestHash: stream.manifestHash, specHash: stream.specHash, address: position).description
    }

    func refuse(_ error: StreamError) -> [Action] { [.send(.error(ErrorMessage(error, scope: .request)))] }

    mutating func notAllowed(_ type: FrameType) -> [Action] {
        fail(StreamError(.badFrame, "\(type.name) is not allowed in the state '\(state.rawValue)'"))
    }
}

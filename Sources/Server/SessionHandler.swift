import DataTypes
import Logging
import NIOCore
import Transport
import Wire

/// One connection: feeds what comes to the session machine and does what the machine says.
///
/// Lives on its event loop. Opening a stream and computing a batch's checksum happen elsewhere and come back through
/// `onEventLoop`. A late answer finds the machine in a state where it means nothing, or the handler without a context.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Control bytes that may wait for the socket before the handler stops reading: a peer that asks and does not read
    /// the answers is answered no more.
    static let maxPendingControlBytes = 256 * 1024
    /// How long the last bytes may travel, and the peer may take to notice them, before the connection is cut.
    static let closingTimeout = TimeAmount.seconds(2)

    let environment: SessionEnvironment
    var machine: ServerSessionMachine
    var decoder = FrameDecoder(maxBatchBytes: 0)
    var frames = OutgoingFrames()
    var deadlines: SessionDeadlines
    var identity: ClientIdentity
    var log: Logger
    /// Set while the handler is in the pipeline.
    var context: ChannelHandlerContext?
    /// Bytes that came and do not make up a frame yet.
    private var received = ByteBuffer()
    private var actions: [ServerSessionMachine.Action] = []
    private var isRunningActions = false

    /// Why the connection is refused; nil when it is one of the registry's sessions.
    private let refusal: StreamError?
    private var isFinishing = false
    private var closingTask: Scheduled<Void>?
    var pendingControlBytes = 0
    private var holdsRead = false
    /// Bytes handed to the channel so far.
    var queuedBytes: UInt64 = 0
    private var checks: RepeatedTask?
    /// Holds writes back in front of TLS.
    private var pacer: WritePacer?

    var opening: StreamOpening?
    var stream: (any BatchStream)?
    var streamID: UInt64 = 0
    var request: OpenRequest?
    /// What the client has handed over, by name.
    var arrays: [String: HandedArray] = [:]
    /// The array whose elements are coming in.
    var upload: ArrayUpload?
    /// Where descriptors come over, when that was agreed on.
    var descriptors: DescriptorChannel?
    /// Counts descriptors to be taken over, each from its ATTACH to its answer.
    var takeOverNumber = 0
    var takeOverDeadline: Scheduled<Void>?
    /// Makes the stream's slabs when they can be mapped by the client.
    var slots: SharedSlabAllocator?
    /// Slots whose descriptors the client has.
    var passedSlots: Set<Int> = []
    /// Batches that the client looks at, by slot.
    var lent: [Int: DataBatch] = [:]
    var badRecordLog = LogLimiter()
    private var lineLog = LogLimiter()
    /// The checksum of the batch that the machine is being told of, when checksums are in effect.
    var readyChecksum: UInt32?
    var unpublished = SessionCounts()
    private var published = PublishedState()

    /// - Parameter refusal: what a connection is told that is not to become a session.
    init(environment: SessionEnvironment, identity: ClientIdentity, refusal: StreamError?) {
        self.environment = environment
        self.identity = identity
        self.refusal = refusal
        machine = ServerSessionMachine(
            software: environment.configuration.software, session: identity.id,
            passesDescriptors: identity.peer == Peer.unixName,
            sharesMemory: environment.configuration.sharesMemory)
        deadlines = SessionDeadlines(environment.configuration, now: .now)
        log = environment.logger
        log[metadataKey: "client"] = "\(identity.id)"
        log[metadataKey: "peer"] = "\(identity.peer)"
        if let processID = identity.processID { log[metadataKey: "pid"] = "\(processID)" }
        if let userID = identity.userID { log[metadataKey: "uid"] = "\(userID)" }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        pacer = try? context.pipeline.syncOperations.handler(type: WritePacer.self)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let interval = TimeAmount(deadlines.checkInterval)
        checks = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            handler.value.checkDeadlines()
        }
        log.debug("client connected")
        if let refusal { run(machine.fail(refusal)) }
    }

    /// The connection has ended, in whatever way.
    func handlerRemoved(context: ChannelHandlerContext) {
        run(machine.connectionLost())
        opening?.abandon()
        dropArrays()
        checks?.cancel()
        closingTask?.cancel()
        self.context = nil
        log.debug("client disconnected")
        if refusal == nil {
            environment.registry.sessionIsGone(identity.id)
        } else {
            environment.registry.refusedIsGone()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinishing else { return }
        var bytes = unwrapInboundIn(data)
        if received.readableBytes > 0 {
            received.writeBuffer(&bytes)
        } else {
            received = bytes
        }
        do {
            while !isFinishing, let frame = try decoder.next(&received) {
                deadlines.heard(now: .now)
                unpublished.receivedFrames += 1
                let hadGreeted = machine.client != nil
                var answer = machine.received(frame)
                if !hadGreeted, let hello = machine.client {
                    do throws(StreamError) {
                        try greeted(hello)
                    } catch {
                        answer = machine.fail(error)
                    }
                }
                run(answer)
            }
        } catch {
            run(machine.framingFailed(error))
        }
        // The rest is the beginning of a header; what is in front of it goes, or a client that never pauses between
        // frames would make the buffer grow for ever.
        received.discardReadBytes()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if machine.client == nil, let reason = TLSFailure.text(error) {
            environment.logRefusal(StreamError(.forbidden, "no TLS: \(LogText.clean(reason))"), peer: identity.peer)
        }
        // Else a peer that resets the connection, as a killed process does. The channel's end follows.
        log.debug("connection failed: \(error)")
        context.close(promise: nil)
    }

    /// Reads no more while too many answers wait for the socket.
    func read(context: ChannelHandlerContext) {
        if pendingControlBytes > Self.maxPendingControlBytes {
            holdsRead = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let command = event as? SessionCommand else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        switch command {
        case .drain(let seconds): run(machine.drain(deadlineSeconds: seconds))
        case .drainTimedOut: run(machine.drainTimedOut())
        case .stop(let id):
            if id == streamID { run(machine.stop(StreamError(.stopped, "an administrator has stopped this stream"))) }
        case .pause(let id): if id == streamID { run(machine.pause()) }
        case .resume(let id): if id == streamID { run(machine.resume()) }
        case .disconnect(let error): run(machine.fail(error))
        case .abort: context.close(promise: nil)
        }
    }

    /// - Throws: `.forbidden` when it does not show the token that it needs.
    private func greeted(_ hello: HelloMessage) throws(StreamError) {
        identity.access = try owner(of: hello.token)
        if let access = identity.access { log[metadataKey: "token"] = "\(access)" }
        let software = LogText.clean(hello.client ?? "unnamed", maxCharacters: WireLimits.labelBytes)
        identity.software = software
        environment.registry.update(identity.id) { entry, _ in entry.identity = identity }
        log[metadataKey: "software"] = "\(software)"
        log.debug("client greeted")
    }

    private func owner(of token: AccessToken?) throws(StreamError) -> String? {
        let hasCertificate = context.map { TLSServerIdentity.hasCertificate(of: $0) } ?? false
        return try environment.configuration.tokens.owner(
            of: token, entrance: identity.peer == Peer.unixName ? .local : hasCertificate ? .certificate : .open)
    }

    /// Whether the token of the greeting is still the one of its name: a reload may have taken it out, or put another into its place.
    ///
    /// - Throws: `.forbidden`.
    func checkToken() throws(StreamError) {
        guard let access = identity.access else { return }
        guard (try? owner(of: machine.client?.token)) == access else {
            throw StreamError(
                .forbidden, "the token '\(access)' is not valid any more", hint: "connect again with another token")
        }
    }

    // MARK: Actions

    /// Does what the machine said. Doing may lead to more actions; they follow in order.
    func run(_ new: [ServerSessionMachine.Action]) {
        actions += new
        guard !isRunningActions else { return }
        isRunningActions = true
        var next = 0
        while next < actions.count {
            perform(actions[next])
            next += 1
        }
        actions.removeAll(keepingCapacity: true)
        isRunningActions = false
        // Before the client can see what it led to.
        publish()
        context?.flush()
    }

    private func perform(_ action: ServerSessionMachine.Action) {
        switch action {
        case .send(.hello(let answer)):
            greet(answer)
            if machine.features.contains(WireLimits.slotsFeature) { slots = SharedSlabAllocator() }
        case .send(let message): send(message)
        case .attach(let name, let shape, let way): attach(name, shape, way)
        case .refuseDescriptor(let error): refuseDescriptor(error)
        case .appendToArray(let elements): upload?.append(elements)
        case .finishArray: finishArray()
        case .sendBatch(let batch, let token): send(batch, token: token)
        case .sendRaw(let text): sendRaw(text)
        case .open(let request): open(request)
        case .next(let ticket): requestNext(ticket)
        case .resetStream: resetStream()
        case .seekStream(let address): seekStream(to: address)
        case .sendState: if let stream { send(machine.stateMessage(stream.statistics)) }
        case .takeBack(let slots): for slot in slots { lent[slot] = nil }
        case .closeStream: closeStream()
        case .closeConnection: finish()
        case .clientFailed(let error):
            logLine(.notice, "client reports: \(error.message)", ["code": "\(LogText.clean(error.code))"])
        }
    }

    /// Closes the connection once everything before has been written.
    ///
    /// The sending direction goes first. A socket that is closed with unread bytes in it resets the connection, and
    /// the peer would lose the ERROR that tells it why.
    private func finish() {
        guard let context, !isFinishing else { return }
        isFinishing = true
        received = ByteBuffer()
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenSuccess { handler.value.context?.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        closingTask = context.eventLoop.scheduleTask(in: Self.closingTimeout) {
            handler.value.context?.close(promise: nil)
        }
        if holdsRead { resumeReading() }
    }

    func resumeReading() {
        guard holdsRead, isFinishing || pendingControlBytes <= Self.maxPendingControlBytes else { return }
        holdsRead = false
        context?.read()
    }

    // MARK: Time and status

    private func checkDeadlines() {
        guard let context, !isFinishing else { return }
        let isClientsTurn =
            switch machine.state {
            case .greeted, .attaching, .ended, .failed: true
            case .streaming: machine.credits == 0 || machine.holdsAllSlots
            case .connected, .opening, .abandoning, .closed: false
            }
        let pending = pendingBytes(context)
        let action = deadlines.check(
            now: .now, hasGreeted: machine.client != nil, isClientsTurn: isClientsTurn,
            sentBytes: queuedBytes &- UInt64(pending), pendingBytes: pending)
        switch action {
        case .ping: run([.send(.ping([]))])
        case .fail(let error): run(machine.fail(error))
        case .abort(let reason):
            logLine(.notice, "client closed: \(reason)", ["code": "\(StreamError.Code.timeout.rawValue)"])
            // TLS waits a moment for the peer's farewell, which cannot come; the stream does not wait with it.
            isFinishing = true
            run(machine.connectionLost())
            context.close(promise: nil)
        case nil: break
        }
        publish()
    }

    /// Bytes that wait for the socket.
    private func pendingBytes(_ context: ChannelHandlerContext) -> Int {
        // A channel that cannot tell, as in a test, has none.
        let behind = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return behind + (pacer?.pendingBytes ?? 0)
    }

    /// Logs one event of this session. A client that fails, or opens and closes, in a loop does not flood the log.
    func logLine(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata = [:]) {
        guard let suppressed = lineLog.admit(now: .now) else { return }
        var metadata = metadata
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        log.log(level: level, "\(LogText.clean(text))", metadata: metadata)
    }

    /// Tells the registry what has changed.
    private func publish() {
        guard refusal == nil else { return }
        let current = PublishedState(machine)
        guard current != published || !unpublished.isZero else { return }
        let counts = unpublished
        unpublished = SessionCounts()
        published = current
        environment.registry.update(identity.id) { entry, counters in
            entry.state = current.state
            counts.add(to: &entry, &counters)
            guard entry.open != nil else { return }
            entry.open?.credits = current.credits
            entry.open?.isPaused = current.isPaused
            if let cause = current.waiting { entry.open?.waiting.change(to: cause, now: .now) }
        }
    }
}

internal import DataTypes
internal import NIOCore
internal import Transport
internal import Wire

/// One connection of the client, confined to its event loop: feeds the session machine, runs its actions, and keeps
/// what has come until somebody asks for it.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// An answer to a request.
    enum Answer: Sendable {
        case greeted(HelloMessage)
        case opened(OpenedMessage)
        case moved(PositionMessage)
        case state(StateMessage)
        case attached(name: String)
        case closed
    }

    var machine: ClientSessionMachine
    private var decoder: FrameDecoder
    private var encoder = FrameEncoder()
    /// The beginning of a header that has not come whole.
    private var rest = ByteBuffer()
    let eventLoop: any EventLoop
    /// nil before the connection is there and after its end.
    var context: ChannelHandlerContext?

    /// Batches that the user may hold in slots however few there are: the one in use, and the one that takes its place.
    private static let fewestHeld = 2
    /// Whether the server's answer to HELLO may bring a side channel. NIO must not read by itself then.
    let takesDescriptors: Bool
    /// For the first byte of that answer, while it has not come.
    var watch: ReadableWatch?
    /// Where descriptors go and come, once the server has sent its end.
    var sideChannel: DescriptorChannel?
    /// Whether the descriptors in the side channel are those of the arrays that are announced.
    var keepsOrder = true

    /// The server's slots, once they are mapped, and those that somebody looks at.
    var slots: [Int: MappedSlot] = [:]
    var leasedSlots: Set<Int> = []
    /// Slots that the stream has; 0 when its batches come as bytes.
    private var slotCount = 0

    /// Batches that have come and not been asked for. At most the window.
    private var ready: [ArrivedBatch] = []
    /// What comes behind them, once it is known: nil is the end of the epoch.
    private var ending: Result<HeadraceBatch?, HeadraceError>?
    /// Why the connection is over, once it is.
    var failure: HeadraceError?
    private var batchWaiter: Waiter<HeadraceBatch?>?
    private var requestWaiter: Waiter<Answer>?
    private let onNotice: (@Sendable (HeadraceNotice) -> Void)?
    private let peer: String

    init(eventLoop: any EventLoop, options: HeadraceOptions, peer: String, takesDescriptors: Bool) {
        self.eventLoop = eventLoop
        self.takesDescriptors = takesDescriptors
        machine = ClientSessionMachine(window: options.window)
        decoder = FrameDecoder(maxBatchBytes: 0, allocator: AlignedMemory.allocator)
        onNotice = options.onNotice
        self.peer = peer
    }

    // MARK: Calls, on the event loop

    /// Makes a request and waits for its answer. When the answer does not come in time, or nobody waits for it any
    /// more, the connection is given up, because what the server did is then unknown.
    func request(
        deadline: Duration, _ wish: (inout ClientSessionMachine) throws(SessionFailure) -> [ClientSessionMachine.Action]
    ) -> EventLoopFuture<Answer> {
        if let failure { return failed(failure) }
        do throws(SessionFailure) {
            let actions = try wish(&machine)
            let awaited = machine.request?.rawValue ?? ""
            let waiter = Waiter<Answer>(eventLoop, deadline: deadline) { [peer] in
                HeadraceError(.timeout, "no \(awaited) came from \(peer) within \(deadline)", isRetryable: true)
            } onTimeout: { [weak self] error in
                self?.giveUp(error)
            }
            requestWaiter = waiter
            run(actions)
            return waiter.future
        } catch {
            return failed(HeadraceError(error))
        }
    }

    /// Sends an array's elements from byte `start` on, behind its ATTACH: a frame at a time, each when the last one has
    /// gone, and no more once the server has refused.
    func sendElements(of array: HeadraceArray, from start: Int = 0) {
        guard machine.request == .attach, start < array.bytes.count, let context else { return }
        let end = min(start + WireLimits.controlPayloadBytes, array.bytes.count)
        let frame = encoder.encode(elements: ByteBuffer(bytes: array.bytes[start..<end]))
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        context.writeAndFlush(NIOAny(frame)).whenSuccess { handler.value.sendElements(of: array, from: end) }
    }

    /// The next batch, or nil at the end of the epoch. After a time-out the call may be repeated.
    func next(deadline: Duration) -> EventLoopFuture<HeadraceBatch?> {
        if machine.request == .move || machine.request == .close {
            return failed(HeadraceError(.notNow, "the stream is being moved or closed"))
        }
        if batchWaiter != nil { return failed(HeadraceError(.notNow, "another task is waiting for the next batch")) }
        if !ready.isEmpty {
            let batch = forUser(ready.removeFirst())
            run(machine.consumed())
            return eventLoop.makeSucceededFuture(batch)
        }
        if let ending { return eventLoop.makeCompletedFuture(ending.mapError { $0 as any Error }) }
        if let failure { return failed(failure) }
        guard machine.state == .streaming else { return failed(HeadraceError(.notNow, "no stream is open")) }
        let place = "epoch \(machine.position.epoch), step \(machine.position.step)"
        let waiter = Waiter<HeadraceBatch?>(eventLoop, deadline: deadline) { [peer] in
            HeadraceError(
                .timeout, "no batch came from \(peer) within \(deadline); awaited was \(place)",
                hint: "ask again; 'headrace status' at the server says what the stream waits for", isRetryable: true)
        } onTimeout: { [weak self] _ in
            self?.batchWaiter = nil
        }
        batchWaiter = waiter
        return waiter.future
    }

    /// Nobody waits for a batch any more; it stays for the next call.
    func cancelNext() {
        batchWaiter?.fail(CancellationError())
        batchWaiter = nil
    }

    /// Nobody waits for the answer of a request any more.
    func cancelRequest() {
        guard let waiter = requestWaiter else { return }
        requestWaiter = nil
        waiter.fail(CancellationError())
        giveUp(HeadraceError(.notNow, "the connection was given up, because a call was cancelled before its answer"))
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        watch = nil
        // Those in use are kept by their batches.
        slots = [:]
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        if rest.readableBytes > 0 {
            rest.writeBuffer(&input)
            swap(&rest, &input)
        }
        do throws(FrameError) {
            while let frame = try decoder.next(&input) { run(machine.received(frame)) }
            // Copied, so that a few bytes do not keep a large buffer alive.
            rest = input.readableBytes > 0 ? ByteBuffer(bytes: input.readableBytesView) : ByteBuffer()
        } catch {
            run(machine.framingFailed(error))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func channelInactive(context: ChannelHandlerContext) { lost(reason: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let reason = TLSFailure.text(error) {
            fail(HeadraceError(.tls, "\(peer): \(reason)", hint: "see HeadraceOptions.tls, and the server's log"))
        } else {
            lost(reason: "\(error)")
        }
        context.close(promise: nil)
    }

    private func lost(reason: String?) {
        var missing = decoder.missingBytes
        if missing == 0, rest.readableBytes > 0 {
            missing = UInt64(max(WireLimits.headerBytes - rest.readableBytes, 1))
        }
        run(machine.connectionLost(missingBytes: missing, reason: reason))
    }

    // MARK: Actions

    func run(_ actions: [ClientSessionMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let message):
                context?.writeAndFlush(NIOAny(encoder.encode(message)), promise: nil)
            case .deliver(let event): deliver(event)
            case .map(let slot): map(slot)
            case .limitBatches(let byteCount): decoder.maxBatchBytes = byteCount
            case .closeConnection: context?.close(promise: nil)
            }
        }
    }

    private func deliver(_ event: ClientSessionMachine.Event) {
        switch event {
        case .greeted(let hello): answer(.greeted(hello))
        case .opened(let opened):
            forget()
            slots = [:]
            slotCount = max(0, opened.slots ?? 0)
            answer(.opened(opened))
        case .position(let position):
            forget()
            answer(.moved(position))
        case .state(let state): answer(.state(state))
        case .attached(let message): answer(.attached(name: message.name))
        case .streamClosed:
            forget()
            slots = [:]
            end(.failure(HeadraceError(.notNow, "the stream is closed")))
            answer(.closed)
        case .refused(let error):
            requestWaiter?.fail(HeadraceError(error))
            requestWaiter = nil
        case .batch(let header, let payload, let owner):
            let arrived = ArrivedBatch(header: header, payload: payload, owner: owner)
            if let waiter = batchWaiter {
                batchWaiter = nil
                let batch = forUser(arrived)
                run(machine.consumed())
                waiter.succeed(batch)
            } else {
                ready.append(arrived)
            }
        case .epochEnd: end(.success(nil))
        case .notice(let notice): onNotice?(HeadraceNotice(notice))
        case .streamFailed(let error): end(.failure(HeadraceError(error)))
        // The batches asked for still come; the ERROR at the end says the same.
        case .goAway: break
        case .connectionFailed(let failure): fail(HeadraceError(failure))
        }
    }

    private func answer(_ answer: Answer) {
        requestWaiter?.succeed(answer)
        requestWaiter = nil
    }

    /// What comes behind the batches that are ready. There is nobody waiting unless none is.
    private func end(_ result: Result<HeadraceBatch?, HeadraceError>) {
        ending = result
        batchWaiter?.complete(result)
        batchWaiter = nil
    }

    private func fail(_ error: HeadraceError) {
        // What came first is the reason; what follows, its consequence.
        failure = failure ?? error
        requestWaiter?.fail(error)
        requestWaiter = nil
        batchWaiter?.fail(error)
        batchWaiter = nil
    }

    /// Ends the connection from this side.
    private func giveUp(_ error: HeadraceError) {
        requestWaiter = nil
        fail(error)
        context?.close(promise: nil)
    }

    /// The stream stands at another place, or is gone: what had come before is not to be used.
    private func forget() {
        ready = []
        ending = nil
    }

    /// A batch as the user gets it: copied, when too many slots would be in the user's hands. Some must be left for the server to
    /// fill, or a user who keeps batches would wait for himself.
    private func forUser(_ batch: ArrivedBatch) -> HeadraceBatch {
        guard batch.owner != nil else { return HeadraceBatch(batch.header, payload: batch.payload) }
        let waiting = ready.count { $0.owner != nil }
        // This batch's own is among the leased.
        guard leasedSlots.count - 1 - waiting >= max(Self.fewestHeld, slotCount - 2) else {
            return HeadraceBatch(batch.header, payload: batch.payload, owner: batch.owner)
        }
        var copy = AlignedMemory.allocator.buffer(capacity: batch.payload.readableBytes)
        copy.writeImmutableBuffer(batch.payload)
        return HeadraceBatch(batch.header, payload: copy)
    }

    private func failed<Value>(_ error: HeadraceError) -> EventLoopFuture<Value> {
        eventLoop.makeFailedFuture(error)
    }
}

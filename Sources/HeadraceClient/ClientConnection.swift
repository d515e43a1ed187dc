internal import NIOCore
internal import NIOPosix
internal import Transport
internal import Wire

/// The bridge from tasks to the handler on its event loop.
final class ClientConnection: Sendable {
    let options: HeadraceOptions
    /// Fewer bytes go in a frame: a file takes some system calls on both sides.
    private static let smallestFile = 64 << 10
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>

    /// The machine delivers only the answer that was asked for.
    static let mismatch = HeadraceError(.badFrame, "the server gave another answer than was asked for")

    private init(channel: any Channel, handler: NIOLoopBound<ClientHandler>, options: HeadraceOptions) {
        self.channel = channel
        self.handler = handler
        self.options = options
    }

    /// Nobody can reach the connection any more.
    deinit { channel.close(promise: nil) }

    static func make(to endpoint: Endpoint, options: HeadraceOptions) async throws -> ClientConnection {
        let eventLoop = NIOSingletons.posixEventLoopGroup.next()
        let takesDescriptors = takesDescriptors(from: endpoint)
        let handler = try await eventLoop.submit {
            NIOLoopBound(
                ClientHandler(
                    eventLoop: eventLoop, options: options, peer: "\(endpoint)", takesDescriptors: takesDescriptors),
                eventLoop: eventLoop)
        }.get()
        do throws(ConnectError) {
            let channel = try await Connector.connect(
                to: endpoint, group: eventLoop,
                tls: TLSClientFiles(
                    authority: options.tls.authority, certificate: options.tls.certificate, key: options.tls.key),
                deadline: options.connectTimeout, readsAtOnce: !takesDescriptors
            ) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            return ClientConnection(channel: channel, handler: handler, options: options)
        } catch {
            if case .badFile(let problem) = error { throw HeadraceError(.tls, "\(problem)") }
            throw HeadraceError(.cannotConnect, "\(error)", isRetryable: true)
        }
    }

    /// Whether a connection to `endpoint` can have a side channel: only this machine passes files from process to process.
    static func takesDescriptors(from endpoint: Endpoint) -> Bool {
        if case .unix = endpoint { true } else { false }
    }

    /// Makes a request and waits for its answer.
    func request(
        deadline: Duration,
        _ wish: @escaping @Sendable (inout ClientSessionMachine) throws(SessionFailure) -> [ClientSessionMachine.Action]
    ) async throws -> ClientHandler.Answer {
        try await onEventLoop {
            $0.request(deadline: deadline, wish)
        } cancelling: {
            $0.cancelRequest()
        }
    }

    /// Hands an array over and waits for the answer.
    func attach(_ array: HeadraceArray) async throws -> ClientHandler.Answer {
        let file = try await sealedFile(of: array)
        return try await onEventLoop { [options] in
            $0.attach(array, file, deadline: options.openTimeout)
        } cancelling: {
            $0.cancelRequest()
        }
    }

    /// The array's elements as a memory file; nil when they are better sent in frames, or the system has no file to give.
    private func sealedFile(of array: HeadraceArray) async throws -> PassedDescriptor? {
        guard array.bytes.count >= Self.smallestFile,
            try await channel.eventLoop.submit({ [handler] in handler.value.passesDescriptors }).get()
        else { return nil }
        return try? await NIOSingletons.posixBlockingThreadPool.runIfActive {
            try SealedMemory.make(array.name, array.bytes)
        }
    }

    /// The next batch, or nil at the end of the epoch.
    func next() async throws -> HeadraceBatch? {
        try await onEventLoop { [options] in
            $0.next(deadline: options.batchTimeout)
        } cancelling: {
            $0.cancelNext()
        }
    }

    /// Waits for what `ask` promises. When the task is cancelled, `cancel` makes the promise fail.
    private func onEventLoop<Answer: Sendable>(
        _ ask: @escaping @Sendable (ClientHandler) -> EventLoopFuture<Answer>,
        cancelling cancel: @escaping @Sendable (ClientHandler) -> Void
    ) async throws -> Answer {
        let eventLoop = channel.eventLoop
        let call = NIOLoopBoundBox.makeBoxSendingValue(CallState.unasked, eventLoop: eventLoop)
        return try await withTaskCancellationHandler {
            try await eventLoop.flatSubmit { [handler] in
                guard call.value == .unasked else { return eventLoop.makeFailedFuture(CancellationError()) }
                call.value = .asked
                let answer = ask(handler.value)
                answer.whenComplete { _ in call.value = .over }
                return answer
            }.get()
        } onCancel: {
            eventLoop.execute { [handler] in
                if call.value == .asked { cancel(handler.value) }
                call.value = .over
            }
        }
    }

    /// Of one call, on the event loop. A cancellation may come there before what it cancels, and after its end, when another call
    /// may be under way.
    private enum CallState { case unasked, asked, over }

    func close() async {
        // It fails only when the channel is already closed.
        try? await channel.close().get()
    }
}

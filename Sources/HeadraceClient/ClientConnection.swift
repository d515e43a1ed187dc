internal import NIOCore
internal import NIOPosix
internal import Transport
internal import Wire

/// The bridge from tasks to the handler on its event loop.
final class ClientConnection: Sendable {
    let options: HeadraceOptions
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
        let handler = try await eventLoop.submit {
            NIOLoopBound(
                ClientHandler(eventLoop: eventLoop, options: options, peer: "\(endpoint)"), eventLoop: eventLoop)
        }.get()
        do throws(ConnectError) {
            let channel = try await Connector.connect(to: endpoint, group: eventLoop, deadline: options.connectTimeout)
            {
                channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            return ClientConnection(channel: channel, handler: handler, options: options)
        } catch {
            throw HeadraceError(.cannotConnect, "\(error)", isRetryable: true)
        }
    }

    /// Makes a request and waits for its answer.
    func request(
        deadline: Duration,
        _ wish: @escaping @Sendable (inout ClientSessionMachine) throws(SessionFailure) -> [ClientSessionMachine.Action]
    ) async throws -> ClientHandler.Answer {
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await channel.eventLoop.flatSubmit { [handler] in
                handler.value.request(deadline: deadline, wish)
            }.get()
        } onCancel: {
            channel.eventLoop.execute { [handler] in handler.value.cancelRequest() }
        }
    }

    /// Hands an array over and waits for the answer.
    func attach(_ array: HeadraceArray) async throws -> ClientHandler.Answer {
        let message = AttachMessage(name: array.name, shape: array.shape, via: .frames)
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await channel.eventLoop.flatSubmit { [handler, options] in
                let answer = handler.value.request(deadline: options.openTimeout) {
                    (machine) throws(SessionFailure) in try machine.attach(message)
                }
                handler.value.sendElements(of: array)
                return answer
            }.get()
        } onCancel: {
            channel.eventLoop.execute { [handler] in handler.value.cancelRequest() }
        }
    }

    /// The next batch, or nil at the end of the epoch.
    func next() async throws -> HeadraceBatch? {
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await channel.eventLoop.flatSubmit { [handler, options] in
                handler.value.next(deadline: options.batchTimeout)
            }.get()
        } onCancel: {
            channel.eventLoop.execute { [handler] in handler.value.cancelNext() }
        }
    }

    func close() async {
        // It fails only when the channel is already closed.
        try? await channel.close().get()
    }
}

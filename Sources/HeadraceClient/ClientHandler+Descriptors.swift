internal import NIOCore
internal import NIOPosix
internal import Transport
internal import Wire

/// The side channel of a connection on this machine, and arrays that go over it.
///
/// Its end comes with the first byte of the server's answer to HELLO. NIO reads without room for descriptors, and the system
/// would close it; so NIO does not read before that byte has been read here.
extension ClientHandler {
    /// Whether an array may go as a memory file.
    var passesDescriptors: Bool { machine.passesDescriptors && sideChannel != nil && keepsOrder }

    func channelActive(context: ChannelHandlerContext) {
        if takesDescriptors { awaitFirstByte() }
    }

    private func awaitFirstByte() {
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        watch = withSocket { socket in
            ReadableWatch(socket) { handler.eventLoop.execute { handler.value.readFirstByte() } }
        }
        if watch == nil { letNIORead() }
    }

    private func readFirstByte() {
        guard let context, watch != nil else { return }
        watch = nil
        let received = withSocket { socket in
            Result { () throws(DescriptorError) in try DescriptorChannel.receiveChannel(over: socket) }
        }
        switch received {
        case .success(let (bytes, channel)?):
            sideChannel = channel
            // None at the connection's end, which NIO meets as well.
            if !bytes.isEmpty { channelRead(context: context, data: NIOAny(ByteBuffer(bytes: bytes))) }
            letNIORead()
        case .success(nil): awaitFirstByte()
        // NIO meets the same error.
        case .failure, nil: letNIORead()
        }
    }

    private func letNIORead() {
        // It fails only when the channel is already closed.
        try? context?.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    private func withSocket<R>(_ body: (NIOBSDSocket.Handle) -> R?) -> R? {
        guard let context else { return nil }
        let result = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { socket in
            body(socket)
        }
        return result ?? nil
    }

    /// Hands an array over and waits for the answer.
    ///
    /// - Parameter file: its elements as a memory file. Without, or when it cannot be passed, they go in frames.
    func attach(
        _ array: HeadraceArray, _ file: PassedDescriptor?, deadline: Duration
    ) -> EventLoopFuture<Answer> {
        let isPassed = file.map(pass) ?? false
        let message = AttachMessage(name: array.name, shape: array.shape, via: isPassed ? .descriptor : .frames)
        let answer = request(deadline: deadline) { (machine) throws(SessionFailure) in try machine.attach(message) }
        guard isPassed else {
            sendElements(of: array)
            return answer
        }
        // A refused array may have left its file in the channel, where the next one would be taken for it.
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        answer.whenFailure { _ in handler.value.keepsOrder = false }
        return answer
    }

    /// False when the file stays here: ATTACH would not be sent, or the channel is full.
    private func pass(_ file: PassedDescriptor) -> Bool {
        guard passesDescriptors, machine.canAttach, let sideChannel else { return false }
        do throws(DescriptorError) {
            try sideChannel.send(file.raw, tag: file.tag)
            return true
        } catch {
            return false
        }
    }
}

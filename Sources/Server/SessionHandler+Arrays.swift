import DataTypes
import NIOCore
import NIOPosix
import Transport
import Wire

/// Arrays that the client hands over.
extension SessionHandler {
    /// How long taking over a descriptor may last. It waits for nothing but threads that the descriptors of others keep busy.
    static let takeOverTimeout = TimeAmount.seconds(10)

    /// The answer to HELLO. With the feature `descriptors`, one end of a side channel goes with its first byte.
    ///
    /// Nothing has been written before, so the socket's buffer is empty and takes the whole frame.
    func greet(_ answer: HelloMessage) {
        guard answer.features.contains(WireLimits.descriptorsFeature), let context else {
            send(.hello(answer))
            return
        }
        do {
            let pair = try DescriptorChannel.pair()
            var frame = frames.control(.hello(answer))
            let bytes = Array(frame.readableBytesView)
            let sent = try context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { socket in
                // Only writes what NIO would have written, while NIO itself has nothing to write.
                try DescriptorChannel.send(bytes, withDescriptor: pair.theirs.raw, over: socket)
            }
            guard let sent else { throw DescriptorError.closed }
            descriptors = pair.ours
            queuedBytes += UInt64(sent)
            unpublished.sentBytes += UInt64(sent)
            unpublished.sentFrames += 1
            frame.moveReaderIndex(forwardBy: sent)
            if frame.readableBytes > 0 { write(frame, context) }
        } catch {
            // No descriptors to spare: the client then sends its arrays in frames.
            logLine(.notice, "no side channel for descriptors: \(error)")
            frames = OutgoingFrames()
            send(.hello(machine.withdrawDescriptors(answer)))
        }
    }

    func attach(_ name: String, _ shape: ArrayShape, _ way: AttachMessage.Way) {
        do throws(StreamError) {
            let reservation = try environment.opener.admit(shape, named: name, client: identity)
            switch way {
            case .frames: upload = try ArrayUpload(name: name, shape: shape, reservation: reservation)
            case .descriptor: takeOver(name, shape, reservation)
            }
        } catch {
            if way == .descriptor { refuseDescriptor(error) } else { run(machine.attachFailed(error)) }
        }
    }

    /// The array is whole.
    func finishArray() {
        guard let upload else { return }
        self.upload = nil
        keep(upload.finish())
    }

    private func keep(_ array: HandedArray) {
        arrays[array.name] = array
        run(machine.attached())
    }

    /// Maps the memory file that the client sent before its ATTACH. On a thread that may block, because letting go of a
    /// descriptor that is something else can take as long as its owner likes.
    private func takeOver(_ name: String, _ shape: ArrayShape, _ reservation: MemoryReservation) {
        takeOver(name) { Self.receive(name, shape, reservation, from: $0) }
    }

    /// Lets go of the descriptor of an array that is refused.
    func refuseDescriptor(_ error: StreamError) {
        takeOver("refused") { descriptors in
            // None came, or none that could be taken: nothing of it is left in the channel either way.
            _ = try? descriptors.receive(timeoutMilliseconds: 0)
            return .failure(error)
        }
    }

    private func takeOver(
        _ name: String, _ receive: @escaping @Sendable (DescriptorChannel) -> Result<HandedArray, StreamError>
    ) {
        guard let context, let descriptors else { return }
        takeOverNumber += 1
        let number = takeOverNumber
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        environment.arrayPool.submit { _ in
            let result = receive(descriptors)
            eventLoop.execute { handler.value.tookOver(result, number: number) }
        }
        takeOverDeadline = eventLoop.scheduleTask(in: Self.takeOverTimeout) {
            let error = StreamError(
                .timeout, "the descriptor of the array '\(name)' could not be taken over in time", isRetryable: true)
            handler.value.tookOver(.failure(error), number: number)
        }
    }

    /// - Parameter number: of the ATTACH that this answers; another one's is too late.
    private func tookOver(_ result: Result<HandedArray, StreamError>, number: Int) {
        guard context != nil, number == takeOverNumber else { return }
        takeOverNumber += 1
        takeOverDeadline?.cancel()
        switch result {
        case .success(let array): keep(array)
        case .failure(let error): run(machine.attachFailed(error))
        }
    }

    private static func receive(
        _ name: String, _ shape: ArrayShape, _ reservation: MemoryReservation, from channel: DescriptorChannel
    ) -> Result<HandedArray, StreamError> {
        func refused(_ reason: String, hint: String) -> Result<HandedArray, StreamError> {
            .failure(StreamError(.badRequest, "the array '\(name)': \(reason)", hint: hint))
        }
        do throws(DescriptorError) {
            // It was sent before ATTACH, so it is there.
            guard let passed = try channel.receive(timeoutMilliseconds: 0) else {
                return refused("no descriptor has come", hint: "send it over the side channel before ATTACH")
            }
            guard passed.tag == name else {
                return refused(
                    "the descriptor that came is called '\(LogText.clean(passed.tag))'",
                    hint: "send descriptors in the order of their ATTACHes")
            }
            let bytes = try unsafe SealedMemory.map(passed.raw, byteCount: shape.byteCount)
            return .success(
                unsafe HandedArray(name: name, shape: shape, bytes: bytes, reservation: reservation) {
                    unsafe SealedMemory.unmap($0)
                })
        } catch {
            return refused(
                "its descriptor is refused: \(error)", hint: "use memfd_create, write all of it, and seal it")
        }
    }

    /// Lets go of what the client handed over. Giving large memory back takes a while and is no work for an event loop.
    func dropArrays() {
        takeOverNumber += 1
        takeOverDeadline?.cancel()
        upload = nil
        if let descriptors {
            self.descriptors = nil
            environment.arrayPool.submit { _ in descriptors.discard() }
        }
        let arrays = arrays
        self.arrays = [:]
        // A few pages are given back faster than handed on.
        guard arrays.values.contains(where: { $0.shape.byteCount > 1 << 20 }) else { return }
        environment.checksumPool.submit { _ in withExtendedLifetime(arrays) {} }
    }
}

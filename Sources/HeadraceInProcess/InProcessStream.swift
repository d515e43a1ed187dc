internal import DataTypes
internal import HeadraceClient
internal import NIOCore
internal import Pipeline
internal import Synchronization
internal import Transport
internal import Wire

/// A stream of this process behind the client's interface.
final class InProcessStream: StreamBackend {
    private let stream: PrefetchedStream
    /// The threads, which must not end before the stream.
    private let pipeline: HeadracePipeline
    private let onNotice: (@Sendable (HeadraceNotice) -> Void)?
    /// Who waits for the next batch.
    private let waiter = Mutex<CheckedContinuation<StreamEvent, any Error>?>(nil)
    private let allocator: ByteBufferSlabAllocator

    private init(
        _ stream: PrefetchedStream, allocator: ByteBufferSlabAllocator, pipeline: HeadracePipeline,
        onNotice: (@Sendable (HeadraceNotice) -> Void)?
    ) {
        self.stream = stream
        self.allocator = allocator
        self.pipeline = pipeline
        self.onNotice = onNotice
    }

    deinit { stream.close() }

    static func open(
        _ source: any BatchSource, token: String?, pool: WorkerPool, keeping pipeline: HeadracePipeline,
        onNotice: (@Sendable (HeadraceNotice) -> Void)?
    ) throws(HeadraceError) -> HeadraceStream {
        let info = source.info
        do throws(StreamError) {
            guard info.layout.payloadBytes <= ByteBufferSlabAllocator.maxSlabBytes else {
                throw StreamError(
                    .overLimit,
                    "a batch takes \(info.layout.payloadBytes) bytes, at most "
                        + "\(ByteBufferSlabAllocator.maxSlabBytes) are possible", hint: "lower batch_size")
            }
            let start = try token.map { text throws(StreamError) in try ResumeToken(text, of: info).address }
            let allocator = ByteBufferSlabAllocator()
            let stream = PrefetchedStream(
                source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: allocator,
                letsBatchesGo: true)
            let backend = InProcessStream(stream, allocator: allocator, pipeline: pipeline, onNotice: onNotice)
            if let start { try stream.seek(to: start) }
            let position = stream.position
            return HeadraceStream(
                backend: backend,
                opened: OpenedMessage(info, position: position, stepCount: stream.stepCount(epoch: position.epoch)))
        } catch {
            throw HeadraceError(error)
        }
    }

    /// Cancellation is seen before the wait, which is as long as the preparation of a batch.
    func next() async throws -> HeadraceBatch? {
        try Task.checkCancellation()
        let event = try await withCheckedThrowingContinuation { continuation in
            waiter.withLock { $0 = continuation }
            stream.next { [weak self] result in
                self?.answer(result.mapError { HeadraceError($0) as any Error })
            }
        }
        guard case .batch(let batch) = event else { return nil }
        let info = stream.info
        if let onNotice {
            let action = info.parameters["on_bad_record"] == .string("substitute") ? "substitute" : "skip"
            for record in batch.badRecords {
                onNotice(HeadraceNotice(NoticeMessage(record, address: batch.address, action: action)))
            }
        }
        guard let payload = allocator.buffer(for: batch.slab, byteCount: info.layout.payloadBytes) else {
            preconditionFailure("slabs of this stream come from its allocator")
        }
        let following = BatchAddress(epoch: batch.address.epoch, step: batch.address.step + 1)
        let header = BatchHeader(describing: batch, token: token(of: following))
        return HeadraceBatch(header, payload: payload, owner: batch)
    }

    private func answer(_ result: Result<StreamEvent, any Error>) {
        let continuation = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        continuation?.resume(with: result)
    }

    func reset() async throws -> PositionMessage { position(stream.reset()) }

    func seek(_ message: SeekMessage) async throws -> PositionMessage {
        do throws(StreamError) {
            let address =
                if let token = message.token {
                    try ResumeToken(token, of: stream.info).address
                } else {
                    // A seek that is no token has both.
                    BatchAddress(epoch: message.epoch!, step: message.step!)
                }
            try stream.seek(to: address)
            return position(address)
        } catch {
            throw HeadraceError(error)
        }
    }

    private func position(_ address: BatchAddress) -> PositionMessage {
        PositionMessage(epoch: address.epoch, step: address.step, steps: stream.stepCount(epoch: address.epoch))
    }

    func state() async throws -> StateMessage {
        let position = stream.position
        return StateMessage(
            token: token(of: position), position: position, stepCount: stream.stepCount(epoch: position.epoch),
            credits: 0,
            statistics: stream.statistics)
    }

    /// A wait for a batch that is under way in another task ends with an error.
    func close() async throws {
        stream.close()
        answer(.failure(HeadraceError(StreamError(.badRequest, "the stream was closed"))))
    }

    private func token(of address: BatchAddress) -> String {
        ResumeToken(manifestHash: stream.info.manifestHash, specHash: stream.info.specHash, address: address)
            .description
    }
}

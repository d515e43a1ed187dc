internal import DataTypes
internal import Synchronization
internal import Wire

/// A stream of batches. Iterating it gives one epoch; `reset` goes to the next.
///
/// A stream is for one task at a time. It closes when the last reference to it and to its client is gone.
public final class HeadraceStream: AsyncSequence, Sendable {
    /// What iterating gives.
    public typealias Element = HeadraceBatch

    /// The iterator that the server runs, such as `ImageRecordIter`.
    public let iterator: String
    /// The data tensors of every batch.
    public let provideData: [TensorDescription]
    /// The label tensors of every batch.
    public let provideLabel: [TensorDescription]
    /// Rows of every tensor.
    public let batchSize: Int
    /// Samples of the whole data set.
    public let recordCount: Int
    /// Samples of this part.
    public let partRecordCount: Int
    /// The parameters in force.
    public let parameters: [String: HeadraceValue]
    /// What the server found worth saying about the data.
    public let warnings: [String]
    /// Hash of the data.
    public let manifestHash: String
    /// Hash of everything else that decides the bytes.
    public let specHash: String

    private struct Place {
        var address: BatchAddress
        var stepCount: Int
    }

    private let connection: ClientConnection
    private let place: Mutex<Place>

    init(connection: ClientConnection, opened: OpenedMessage) {
        self.connection = connection
        iterator = opened.iterator
        provideData = opened.provideData.compactMap(\.desc).map(TensorDescription.init)
        provideLabel = opened.provideLabel.compactMap(\.desc).map(TensorDescription.init)
        batchSize = opened.batchSize
        recordCount = opened.records
        partRecordCount = opened.partRecords
        parameters = opened.parameters.mapValues(HeadraceValue.init)
        warnings = opened.warnings
        manifestHash = opened.manifest
        specHash = opened.spec
        place = Mutex(
            Place(address: BatchAddress(epoch: opened.epoch, step: opened.step), stepCount: opened.steps))
    }

    /// Batches of the current epoch.
    public var stepsPerEpoch: Int { place.withLock { $0.stepCount } }

    /// The epoch of the next batch to use.
    public var epoch: Int { place.withLock { $0.address.epoch } }

    /// The step of the next batch to use.
    public var step: Int { place.withLock { $0.address.step } }

    /// Resumes the run at the next batch to use: what belongs into a checkpoint.
    public var token: String {
        let address = place.withLock { $0.address }
        return ResumeToken(manifestHash: manifestHash, specHash: specHash, address: address).description
    }

    /// The next batch, or nil at the end of the epoch, until `reset` or `seek`.
    ///
    /// - Throws: `HeadraceError`. After `.timeout` the call may be repeated; after `.badRecord` the epoch is over.
    public func next() async throws -> HeadraceBatch? {
        guard let batch = try await connection.next() else { return nil }
        place.withLock {
            $0 = Place(
                address: BatchAddress(epoch: batch.epoch, step: batch.step + 1), stepCount: batch.stepsPerEpoch)
        }
        return batch
    }

    /// Goes to the start of the next epoch, from the end of this one or from the middle.
    public func reset() async throws {
        try await move { (machine) throws(SessionFailure) in try machine.reset() }
    }

    /// Goes to any step of any epoch; the step may equal the epoch's count.
    public func seek(epoch: Int, step: Int) async throws {
        let message = SeekMessage(BatchAddress(epoch: epoch, step: step))
        try await move { (machine) throws(SessionFailure) in try machine.seek(message) }
    }

    /// Goes where `token` says. A token of other data or another spec is refused.
    public func seek(token: String) async throws {
        let message = SeekMessage(token: token)
        try await move { (machine) throws(SessionFailure) in try machine.seek(message) }
    }

    private func move(
        _ wish: @escaping @Sendable (inout ClientSessionMachine) throws(SessionFailure) -> [ClientSessionMachine.Action]
    ) async throws {
        let answer = try await connection.request(deadline: connection.options.requestTimeout, wish)
        guard case .moved(let position) = answer else { throw ClientConnection.mismatch }
        place.withLock {
            $0 = Place(
                address: BatchAddress(epoch: position.epoch, step: position.step), stepCount: position.steps)
        }
    }

    /// Asks the server where the stream is and what it has done.
    public func status() async throws -> StreamStatus {
        let answer = try await connection.request(deadline: connection.options.requestTimeout) {
            (machine) throws(SessionFailure) in try machine.askState()
        }
        guard case .state(let state) = answer else { throw ClientConnection.mismatch }
        return StreamStatus(state)
    }

    /// Ends the stream and gives its memory back at the server. Its client may open another.
    public func close() async throws {
        _ = try await connection.request(deadline: connection.options.requestTimeout) {
            (machine) throws(SessionFailure) in try machine.closeStream()
        }
    }

    /// One epoch, from where the stream stands.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    /// Gives the batches of one epoch.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: HeadraceStream

        /// The next batch, or nil at the end of the epoch.
        public mutating func next() async throws -> HeadraceBatch? { try await stream.next() }
    }
}

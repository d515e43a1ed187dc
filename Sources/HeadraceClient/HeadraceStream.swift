internal import DataTypes
internal import Synchronization
package import Wire

/// A stream of batches. Iterating it gives one epoch; `reset` goes to the next.
///
/// A stream is for one task at a time. It closes when the last reference to it and to its client is gone.
public final class HeadraceStream: BatchIterating {
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
    /// With the parameter `wire` `"uint8"`: what makes values of the data's bytes. nil when the batches hold them.
    public let normalisation: PixelNormalisation?

    private struct Place {
        var address: BatchAddress
        var stepCount: Int
    }

    private let backend: any StreamBackend
    private let place: Mutex<Place>

    package init(backend: any StreamBackend, opened: OpenedMessage) {
        self.backend = backend
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
        normalisation = opened.normalise.map(PixelNormalisation.init)
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
        guard let batch = try await backend.next() else { return nil }
        place.withLock {
            $0 = Place(
                address: BatchAddress(epoch: batch.epoch, step: batch.step + 1), stepCount: batch.stepsPerEpoch)
        }
        return batch
    }

    /// Goes to the start of the next epoch, from the end of this one or from the middle.
    public func reset() async throws {
        moved(to: try await backend.reset())
    }

    /// Goes to any step of any epoch; the step may equal the epoch's count.
    public func seek(epoch: Int, step: Int) async throws {
        moved(to: try await backend.seek(SeekMessage(BatchAddress(epoch: epoch, step: step))))
    }

    /// Goes where `token` says. A token of other data or another spec is refused.
    public func seek(token: String) async throws {
        moved(to: try await backend.seek(SeekMessage(token: token)))
    }

    private func moved(to position: PositionMessage) {
        place.withLock {
            $0 = Place(
                address: BatchAddress(epoch: position.epoch, step: position.step), stepCount: position.steps)
        }
    }

    /// Where the stream is and what it has done, as its server says.
    public func status() async throws -> StreamStatus {
        StreamStatus(try await backend.state())
    }

    /// Ends the stream and gives its memory back. A connection may then open another.
    public func close() async throws {
        try await backend.close()
    }
}

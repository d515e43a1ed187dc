internal import Synchronization

/// Epochs of exactly `size` batches of another iterator, which is reset whenever it ends.
///
/// The batches are the other iterator's own, with their `pad`, `index` and `token`.
///
/// Follows MXNet 1.9.1 `python/mxnet/io/io.py`, `ResizeIter`.
public final class ResizeIter: BatchIterating {
    /// The iterator that is read.
    public let source: any BatchIterating
    /// Batches of every epoch.
    public let size: Int
    /// Whether `reset` resets the source too; otherwise it is read on where it is.
    public let resetsSource: Bool
    /// The source's, as they were when this iterator was made.
    public let provideData: [TensorDescription]
    /// The source's, as they were when this iterator was made.
    public let provideLabel: [TensorDescription]
    /// The source's.
    public let batchSize: Int
    /// Batches of this epoch that have been given.
    private let count = Mutex(0)

    /// - Parameters:
    ///   - size: batches of an epoch; 0 gives empty epochs.
    ///   - resetInternal: see `resetsSource`. The name is MXNet's.
    /// - Throws: `.badParameter` when `size` is negative.
    public init(_ source: any BatchIterating, size: Int, resetInternal: Bool = true) throws {
        guard size >= 0 else {
            throw HeadraceError(.badParameter, "size is \(size), it must be a number of batches, 0 or more")
        }
        self.source = source
        self.size = size
        resetsSource = resetInternal
        provideData = source.provideData
        provideLabel = source.provideLabel
        batchSize = source.batchSize
    }

    /// The next batch, or nil when the epoch has had its `size` batches.
    ///
    /// - Throws: `.badData` when the source has no batch even after it was reset: a shorter epoch would be taken for a whole
    ///   one, and other workers would wait for this one. Errors of the source; the call may then be repeated if the
    ///   source's may.
    public func next() async throws -> HeadraceBatch? {
        let given = count.withLock { $0 }
        guard given < size else { return nil }
        var batch = try await source.next()
        if batch == nil {
            try await source.reset()
            batch = try await source.next()
        }
        guard let batch else {
            throw HeadraceError(
                .badData,
                "batch \(given) of \(size): \(JoinedProvision.name(of: source)) has no batch even after a reset")
        }
        count.withLock { $0 = given + 1 }
        return batch
    }

    /// Begins the next epoch.
    public func reset() async throws {
        if resetsSource { try await source.reset() }
        count.withLock { $0 = 0 }
    }
}

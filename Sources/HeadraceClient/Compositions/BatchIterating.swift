/// A source of batches that has epochs: a stream, several composed, or an iterator of your own.
///
/// Whatever conforms can be resized, read ahead and combined with others, as MXNet's iterators can: `ResizeIter`,
/// `PrefetchingIter` and `MultiIter` take any of them and are such sources again. Iterating gives what is left of the epoch.
///
/// An iterator is for one task at a time.
public protocol BatchIterating: AsyncSequence, Sendable
where Element == HeadraceBatch, AsyncIterator == EpochIterator {
    /// The data tensors of every batch.
    var provideData: [TensorDescription] { get }
    /// The label tensors of every batch.
    var provideLabel: [TensorDescription] { get }
    /// Rows of a batch. By default the extent of the first data tensor's batch axis.
    var batchSize: Int { get }

    /// The next batch, or nil at the end of the epoch, until `reset`.
    func next() async throws -> HeadraceBatch?
    /// Goes to the start of the next epoch, from the end of this one or from the middle.
    func reset() async throws
}

extension BatchIterating {
    /// Rows of a batch.
    public var batchSize: Int { provideData.first?.batchExtent ?? 0 }

    /// What is left of the epoch.
    public func makeAsyncIterator() -> EpochIterator { EpochIterator(self) }
}

/// Gives the batches of one epoch.
public struct EpochIterator: AsyncIteratorProtocol {
    private let source: any BatchIterating

    init(_ source: any BatchIterating) { self.source = source }

    /// The next batch, or nil at the end of the epoch.
    public mutating func next() async throws -> HeadraceBatch? { try await source.next() }
}

internal import Synchronization

/// Several iterators as one, for training on several kinds of input: a batch has the data and labels of one batch of each,
/// in their order.
///
/// The epoch ends with the shortest of them. `index` and the address are the first one's; `pad` is the largest, so that
/// the rows before it are data of every iterator. They are read in turn: streams read ahead by themselves, and
/// `PrefetchingIter` does it for iterators that do not.
///
/// Follows the example `MultiIter` of MXNet's documentation, which leaves `pad` out.
public final class MultiIter: BatchIterating {
    /// What is combined.
    public let iterators: [any BatchIterating]
    /// The data of all, in a row.
    public let provideData: [TensorDescription]
    /// The labels of all, in a row.
    public let provideLabel: [TensorDescription]
    private let provision: JoinedProvision
    private let hasEnded = Mutex(false)

    /// - Throws: `.badParameter` when there are no iterators, or when a batch could not tell their sparse tensors apart.
    public init(_ iterators: [any BatchIterating]) throws {
        provision = try JoinedProvision(of: iterators)
        self.iterators = iterators
        provideData = provision.data
        provideLabel = provision.label
    }

    /// The next batch, or nil once one of the iterators has ended.
    public func next() async throws -> HeadraceBatch? {
        guard !hasEnded.withLock({ $0 }) else { return nil }
        var batches: [HeadraceBatch] = []
        for iterator in iterators {
            guard let batch = try await iterator.next() else {
                hasEnded.withLock { $0 = true }
                return nil
            }
            batches.append(batch)
        }
        return provision.join(batches, pad: batches.map(\.pad).max() ?? 0)
    }

    /// Resets all of them.
    public func reset() async throws {
        for iterator in iterators { try await iterator.reset() }
        hasEnded.withLock { $0 = false }
    }
}

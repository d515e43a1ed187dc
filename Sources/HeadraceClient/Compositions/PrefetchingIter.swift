internal import NIOCore
internal import Synchronization

/// Several iterators side by side, each read one batch ahead in a task of its own, from the construction on. A batch has the
/// data and labels of one batch of each.
///
/// `pad`, `index` and the address are the first one's. The iterators must go together: as many batches an epoch, the same
/// `pad`. With the last reference the reading ends; the iterators may then be anywhere.
///
/// Follows MXNet 1.9.1 `python/mxnet/io/io.py`, `PrefetchingIter`.
public final class PrefetchingIter: BatchIterating {
    /// What is read.
    public let iterators: [any BatchIterating]
    /// The data of all, in a row, under their new names.
    public let provideData: [TensorDescription]
    /// The labels of all, in a row, under their new names.
    public let provideLabel: [TensorDescription]

    private enum Standing {
        case reading, ended
        /// The iterators do not stand at the same batch any more.
        case failed(any Error)
        /// A reset ended half-way: the iterators are wherever it left them.
        case unknown
    }

    private struct State {
        var standing = Standing.reading
        var isBusy = false
    }

    private let provision: JoinedProvision
    private let ahead: [Lookahead]
    private let deadline: TimeAmount
    private let state = Mutex(State())

    /// - Parameters:
    ///   - renameData, renameLabel: for each iterator its names and their new ones, all of them.
    ///   - deadline: how long a batch may take.
    /// - Throws: `.badParameter` when there are no iterators, when maps and iterators do not fit each other, or when a batch
    ///   could not tell sparse tensors apart.
    public init(
        _ iterators: [any BatchIterating], renameData: [[String: String]]? = nil,
        renameLabel: [[String: String]]? = nil, deadline: Duration = .seconds(300)
    ) throws {
        provision = try JoinedProvision(of: iterators, renameData: renameData, renameLabel: renameLabel)
        self.iterators = iterators
        provideData = provision.data
        provideLabel = provision.label
        self.deadline = TimeAmount(deadline)
        ahead = iterators.enumerated().map { position, iterator in
            Lookahead(iterator, name: "iterator \(position) (\(JoinedProvision.name(of: iterator)))")
        }
        for each in ahead { each.ask() }
    }

    deinit { for each in ahead { each.cancel() } }

    /// The next batch, or nil at the end of the epoch.
    ///
    /// - Throws: errors of the iterators, which come again until `reset`; `.badData` when they do not go together. After
    ///   `.timeout` and a cancellation the call may be repeated.
    public func next() async throws -> HeadraceBatch? {
        let standing = try begin()
        defer { state.withLock { $0.isBusy = false } }
        switch standing {
        case .reading: break
        case .ended: return nil
        case .failed(let error): throw error
        case .unknown: throw HeadraceError(.notNow, "the last reset failed", hint: "reset again")
        }
        let outcomes = try await collect()
        do {
            guard let batches = try together(outcomes) else {
                state.withLock { $0.standing = .ended }
                return nil
            }
            for each in ahead { each.ask() }
            return provision.join(batches, pad: batches[0].pad)
        } catch let error as HeadraceError where error.code == .timeout {
            // Whoever has not answered is asked again; what the others gave waits.
            for (each, outcome) in zip(ahead, outcomes) where Self.isTimeout(outcome) { each.ask() }
            throw error
        } catch {
            state.withLock { $0.standing = .failed(error) }
            throw error
        }
    }

    /// Waits for batches that are being read, resets the iterators and begins to read again.
    ///
    /// - Throws: `.timeout` and `CancellationError`, after which nothing has changed; errors of the iterators' resets, after
    ///   which only another reset helps.
    public func reset() async throws {
        _ = try begin()
        defer { state.withLock { $0.isBusy = false } }
        _ = try await collect()
        state.withLock { $0.standing = .unknown }
        for each in ahead { each.forget() }
        for iterator in iterators { try await iterator.reset() }
        for each in ahead { each.ask() }
        state.withLock { $0.standing = .reading }
    }

    private func begin() throws -> Standing {
        try state.withLock { state in
            guard !state.isBusy else { throw HeadraceError(.notNow, "another task is using this PrefetchingIter") }
            state.isBusy = true
            return state.standing
        }
    }

    /// What each iterator had to say. Nothing of it is lost when this fails.
    private func collect() async throws -> [Lookahead.Outcome] {
        let end = NIODeadline.now() + deadline
        var outcomes: [Lookahead.Outcome] = []
        for each in ahead {
            // Only a reset that failed leaves one that was not asked.
            if let outcome = try await each.wait(until: end) { outcomes.append(outcome) }
        }
        return outcomes
    }

    /// The batches, which must go together; nil at the end.
    private func together(_ outcomes: [Lookahead.Outcome]) throws -> [HeadraceBatch]? {
        let found = try outcomes.map { try $0.get() }
        let batches = found.compactMap(\.self)
        guard let first = batches.first else { return nil }
        if let ended = found.firstIndex(where: { $0 == nil }), let other = found.firstIndex(where: { $0 != nil }) {
            throw HeadraceError(
                .badData,
                "the iterators do not go together: \(ahead[ended].name) has ended, \(ahead[other].name) has another batch",
                hint: "give them the same number of batches, with ResizeIter for example")
        }
        if let other = batches.firstIndex(where: { $0.pad != first.pad }) {
            throw HeadraceError(
                .badData,
                "the iterators do not go together: \(ahead[0].name) gives pad \(first.pad), "
                    + "\(ahead[other].name) gives pad \(batches[other].pad)")
        }
        return batches
    }

    private static func isTimeout(_ outcome: Lookahead.Outcome) -> Bool {
        guard case .failure(let error as HeadraceError) = outcome else { return false }
        return error.code == .timeout
    }
}

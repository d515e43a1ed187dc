internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Reads one batch ahead from an iterator, in a task of its own.
///
/// `ask` and `wait` alternate. The task ends with the batch that it is reading, or when `cancel` tells the iterator to stop
/// waiting for it.
final class Lookahead: Sendable {
    typealias Outcome = Result<HeadraceBatch?, any Error>

    private struct State {
        var task: Task<Void, Never>?
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome?, any Error>?
        /// Counts waits, so that the timer of one cannot end the next.
        var waitCount = 0
        /// The wait whose deadline passed before it had begun.
        var lateWait = 0
    }

    /// How messages call the iterator.
    let name: String
    private let iterator: any BatchIterating
    private let state = Mutex(State())

    init(_ iterator: any BatchIterating, name: String) {
        self.iterator = iterator
        self.name = name
    }

    /// Has the next batch read. Not to be called while one is being read.
    func ask() {
        state.withLock { state in
            precondition(state.task == nil && state.waiter == nil, "two batches would be read at once")
            state.outcome = nil
            state.task = Task {
                let outcome: Outcome
                do {
                    outcome = .success(try await iterator.next())
                } catch {
                    outcome = .failure(error)
                }
                finish(outcome)
            }
        }
    }

    private func finish(_ outcome: Outcome) {
        let waiter = state.withLock { state in
            state.outcome = outcome
            state.task = nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: outcome)
    }

    /// What was asked for, and the same again until the next `ask`; nil when nothing was asked for.
    ///
    /// - Throws: `.timeout` at the deadline, `CancellationError` when the waiting task is cancelled. What is read is not lost.
    func wait(until deadline: NIODeadline) async throws -> Outcome? {
        let number = state.withLock { state in
            state.waitCount += 1
            return state.task == nil ? nil : state.waitCount
        }
        guard let number else { return state.withLock { $0.outcome } }
        let timer = NIOSingletons.posixEventLoopGroup.next().scheduleTask(deadline: deadline) {
            self.stopWaiting(number)
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Outcome?, any Error>? = state.withLock { state in
                    if state.task == nil { return .success(state.outcome) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.lateWait == number { return .failure(timeout) }
                    state.waiter = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// The deadline of a wait has passed.
    private func stopWaiting(_ number: Int) {
        let waiter: CheckedContinuation<Outcome?, any Error>? = state.withLock { state in
            guard state.waitCount == number else { return nil }
            state.lateWait = number
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: timeout)
    }

    private var timeout: HeadraceError {
        HeadraceError(
            .timeout, "\(name) gave no batch in time", hint: "ask again, or allow a longer deadline", isRetryable: true)
    }

    /// Ends reading as soon as the iterator lets it. The batch may be lost.
    func cancel() { state.withLock { $0.task }?.cancel() }

    /// Lets go of what was read.
    func forget() {
        let outcome = state.withLock { state in
            defer { state.outcome = nil }
            return state.outcome
        }
        withExtendedLifetime(outcome) {}
    }
}

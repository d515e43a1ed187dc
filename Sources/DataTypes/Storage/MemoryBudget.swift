import Synchronization

/// One limit on all batch memory of the daemon, and one per client. Reservations are made whole at open or not at all.
package final class MemoryBudget: Sendable {
    /// Bytes that all streams together may hold.
    package let limitBytes: Int
    /// Bytes that one client's streams may hold.
    package let limitBytesPerClient: Int
    private struct State {
        var used = 0
        var usedByClient: [UInt64: Int] = [:]
    }
    private let state = Mutex(State())

    package init(limitBytes: Int, limitBytesPerClient: Int) {
        self.limitBytes = limitBytes
        self.limitBytesPerClient = limitBytesPerClient
    }

    /// Bytes reserved now.
    package var usedBytes: Int { state.withLock { $0.used } }

    /// Reserves `bytes` for a stream of `client`.
    ///
    /// - Parameter arithmetic: how `bytes` came about, for the message: `6 slabs of 77,104,128 bytes`.
    /// - Throws: `.memoryLimit`, with the sum and the key that sets the limit.
    package func reserve(_ bytes: Int, client: UInt64, arithmetic: String) throws(StreamError) {
        let refusal: StreamError? = state.withLock { state in
            let mine = state.usedByClient[client] ?? 0
            if bytes > limitBytesPerClient - mine {
                return StreamError(
                    .memoryLimit,
                    "the stream needs \(bytes) bytes (\(arithmetic)); this client holds \(mine) of its "
                        + "\(limitBytesPerClient)",
                    hint: "lower batch_size or prefetch_buffer, or raise limits.memory_per_client",
                    isRetryable: bytes <= limitBytesPerClient)
            }
            if bytes > limitBytes - state.used {
                return StreamError(
                    .memoryLimit,
                    "the stream needs \(bytes) bytes (\(arithmetic)); \(state.used) of \(limitBytes) are in use",
                    hint: "lower batch_size or prefetch_buffer, close a stream, or raise limits.memory",
                    isRetryable: bytes <= limitBytes)
            }
            state.used += bytes
            state.usedByClient[client] = mine + bytes
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Gives back what `reserve` took.
    package func release(_ bytes: Int, client: UInt64) {
        state.withLock { state in
            state.used -= bytes
            let mine = (state.usedByClient[client] ?? 0) - bytes
            state.usedByClient[client] = mine > 0 ? mine : nil
        }
    }

    /// Takes `bytes` that belong to no client, unless less is left.
    func takeForCaches(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard bytes <= limitBytes - state.used else { return false }
            state.used += bytes
            return true
        }
    }

    /// Gives back what `takeForCaches` took.
    func giveBackFromCaches(_ bytes: Int) { state.withLock { $0.used -= bytes } }
}

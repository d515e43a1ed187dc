import Synchronization

/// One limit on the memory of all batches and arrays that the daemon holds, one per client, and one on a client's arrays.
/// Reservations are made whole or not at all.
package final class MemoryBudget: Sendable {
    /// Bytes that all streams together may hold.
    package let limitBytes: Int
    /// Bytes that one client's streams may hold.
    package let limitBytesPerClient: Int
    /// Bytes of that which may be arrays that one client handed over.
    package let limitArrayBytes: Int
    private struct State {
        var used = 0
        var usedByClient: [UInt64: Int] = [:]
        var arraysByClient: [UInt64: Int] = [:]
    }
    private let state = Mutex(State())

    package init(limitBytes: Int, limitBytesPerClient: Int, limitArrayBytes: Int = .max) {
        self.limitBytes = limitBytes
        self.limitBytesPerClient = limitBytesPerClient
        self.limitArrayBytes = limitArrayBytes
    }

    /// Bytes reserved now.
    package var usedBytes: Int { state.withLock { $0.used } }

    /// What one client may hold when that is not what every other may.
    package struct ClientLimit: Sendable {
        package var bytes: Int
        /// The configuration's key that says so.
        package var key: String

        package init(bytes: Int, key: String) {
            self.bytes = bytes
            self.key = key
        }
    }

    /// Reserves `bytes` for a stream of `client`.
    ///
    /// - Parameters:
    ///   - limit: of this client, in the place of `limitBytesPerClient`.
    ///   - arithmetic: how `bytes` came about, for the message: `6 slabs of 77,104,128 bytes`.
    /// - Throws: `.memoryLimit`, with the sum and the key that sets the limit.
    package func reserve(
        _ bytes: Int, client: UInt64, limit: ClientLimit? = nil, arithmetic: String
    ) throws(StreamError) {
        let refusal = state.withLock { state in
            take(
                bytes, client: client, limit, &state, what: "the stream needs \(bytes) bytes (\(arithmetic))",
                hint: "lower batch_size or prefetch_buffer")
        }
        if let refusal { throw refusal }
    }

    /// Reserves `bytes` for an array that `client` hands over.
    ///
    /// - Throws: `.memoryLimit` or `.overLimit`, with the sum and the key that sets the limit.
    package func reserveArray(
        _ bytes: Int, client: UInt64, limit: ClientLimit? = nil, name: String
    ) throws(StreamError) -> MemoryReservation {
        let refusal: StreamError? = state.withLock { state in
            let arrays = state.arraysByClient[client] ?? 0
            if bytes > limitArrayBytes - arrays {
                return StreamError(
                    .overLimit,
                    "the array '\(name)' takes \(bytes) bytes; this client has handed over \(arrays) of its "
                        + "\(limitArrayBytes)",
                    hint: "open the data from a file, close a stream, or raise limits.max_arrays",
                    isRetryable: bytes <= limitArrayBytes)
            }
            if let refusal = take(
                bytes, client: client, limit, &state, what: "the array '\(name)' takes \(bytes) bytes",
                hint: "open the data from a file")
            {
                return refusal
            }
            state.arraysByClient[client] = arrays + bytes
            return nil
        }
        if let refusal { throw refusal }
        return MemoryReservation { [self] in
            release(bytes, client: client)
            state.withLock { state in
                let left = (state.arraysByClient[client] ?? 0) - bytes
                state.arraysByClient[client] = left > 0 ? left : nil
            }
        }
    }

    /// Adds `bytes` to what is used, or says why that cannot be. Called with the lock held.
    private func take(
        _ bytes: Int, client: UInt64, _ limit: ClientLimit?, _ state: inout State, what: String, hint: String
    ) -> StreamError? {
        let mine = state.usedByClient[client] ?? 0
        let limit = limit ?? ClientLimit(bytes: limitBytesPerClient, key: "limits.memory_per_client")
        // Where the client's limit is the daemon's, the daemon's is the one to raise.
        if limit.bytes < limitBytes, bytes > limit.bytes - mine {
            return StreamError(
                .memoryLimit, "\(what); this client holds \(mine) of its \(limit.bytes)",
                hint: "\(hint), or raise \(limit.key)", isRetryable: bytes <= limit.bytes)
        }
        if bytes > limitBytes - state.used {
            return StreamError(
                .memoryLimit, "\(what); \(state.used) of \(limitBytes) are in use",
                hint: "\(hint), close a stream, or raise limits.memory", isRetryable: bytes <= limitBytes)
        }
        state.used += bytes
        state.usedByClient[client] = mine + bytes
        return nil
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

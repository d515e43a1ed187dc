import Synchronization

/// Memory that may be spent to save time, for all streams together. Whoever gets none does without.
package final class CacheBudget: Sendable {
    package let limitBytes: Int
    private let memory: MemoryBudget?
    private let used = Mutex(0)

    /// - Parameter memory: what the memory is part of, so that caches and batches together stay within one limit.
    package init(limitBytes: Int, of memory: MemoryBudget? = nil) {
        self.limitBytes = limitBytes
        self.memory = memory
    }

    /// Bytes that shares hold now.
    package var usedBytes: Int { used.withLock { $0 } }

    /// Some of the memory, which is given back when the object goes.
    package final class Share: Sendable {
        private let budget: CacheBudget
        private let bytes: Int

        fileprivate init(_ budget: CacheBudget, bytes: Int) {
            self.budget = budget
            self.bytes = bytes
        }

        deinit {
            budget.used.withLock { $0 -= bytes }
            budget.memory?.giveBackFromCaches(bytes)
        }
    }

    /// A share of `bytes`, or nil when less than that is left.
    package func take(_ bytes: Int) -> Share? {
        used.withLock { used in
            guard bytes >= 0, bytes <= limitBytes - used, memory?.takeForCaches(bytes) ?? true else { return nil }
            used += bytes
            return Share(self, bytes: bytes)
        }
    }
}

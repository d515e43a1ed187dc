package import DataTypes
import Synchronization

/// Decoded images of all streams, kept within one budget, so that later epochs and other jobs need not decode them again.
///
/// Images are grouped in sets: one data set, decoded in one way. A set in use keeps what it has; when memory or space runs short
/// the images of sets that no open stream uses go first, the set longest out of use before the others.
package final class DecodedCache: Sendable {
    private let budget: CacheBudget
    /// For images that find no room in memory; nil: there is no such place.
    package let store: DecodedStore?

    private struct State {
        /// Sets in use, and what each lease on them allows.
        var used: [DecodedSet.Key: (set: DecodedSet, limits: [DecodedLimits])] = [:]
        /// Sets out of use, the one longest so first.
        var idle: [DecodedSet] = []
    }
    private let state = Mutex(State())

    package init(budget: CacheBudget, store: DecodedStore? = nil) {
        self.budget = budget
        self.store = store
    }

    package var limitBytes: Int { budget.limitBytes }

    /// Memory of all images.
    package var usedBytes: Int { budget.usedBytes }

    /// The set for `key`, as long as the lease lives.
    ///
    /// - Parameter limits: what the set may hold; the largest of all leases on it count.
    func lease(_ key: DecodedSet.Key, limits: DecodedLimits) -> DecodedLease {
        let set = state.withLock { state in
            var entry = state.used[key] ?? (Self.takeIdle(key, from: &state.idle) ?? DecodedSet(key: key), [])
            entry.limits.append(limits)
            entry.set.allow(entry.limits)
            state.used[key] = entry
            return entry.set
        }
        return DecodedLease(set: set, limits: limits, cache: self)
    }

    private static func takeIdle(_ key: DecodedSet.Key, from idle: inout [DecodedSet]) -> DecodedSet? {
        guard let place = idle.firstIndex(where: { $0.key == key }) else { return nil }
        return idle.remove(at: place)
    }

    /// The end of a lease.
    func giveBack(_ set: DecodedSet, limits: DecodedLimits) {
        state.withLock { state in
            guard var entry = state.used[set.key], let place = entry.limits.firstIndex(of: limits) else {
                preconditionFailure("a set was given back that nobody had")
            }
            entry.limits.remove(at: place)
            if entry.limits.isEmpty {
                state.used[set.key] = nil
                if set.usedBytes > 0 || set.usedDiskBytes > 0 { state.idle.append(set) }
            } else {
                set.allow(entry.limits)
                state.used[set.key] = entry
            }
        }
    }

    /// A share of the memory for one image, for which sets out of use make room.
    func take(_ bytes: Int) -> CacheBudget.Share? { take(bytes, from: budget) { $0.usedBytes } }

    /// The same of the space on disk.
    func takeFromDisk(_ bytes: Int) -> CacheBudget.Share? {
        store.flatMap { take(bytes, from: $0.budget) { $0.usedDiskBytes } }
    }

    private func take(
        _ bytes: Int, from budget: CacheBudget, _ held: (DecodedSet) -> Int
    ) -> CacheBudget.Share? {
        if let share = budget.take(bytes) { return share }
        guard bytes <= budget.limitBytes, evict(bytes, from: budget, held) else { return nil }
        return budget.take(bytes)
    }

    /// Lets images of sets out of use go until `bytes` more of memory are free, or none is left.
    ///
    /// - Returns: false when there was none.
    @discardableResult
    package func evict(_ bytes: Int) -> Bool { evict(bytes, from: budget) { $0.usedBytes } }

    /// - Parameter held: what a set holds of the budget.
    private func evict(_ bytes: Int, from budget: CacheBudget, _ held: (DecodedSet) -> Int) -> Bool {
        state.withLock { state in
            let before = budget.usedBytes
            // Nobody else has these sets, so their images go at once, and what they hold with them.
            while budget.usedBytes > before - bytes, let oldest = state.idle.firstIndex(where: { held($0) > 0 }) {
                if state.idle[oldest].evict(until: { budget.usedBytes <= before - bytes }) {
                    state.idle.remove(at: oldest)
                }
            }
            return budget.usedBytes < before
        }
    }
}

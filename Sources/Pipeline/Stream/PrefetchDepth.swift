import DataTypes

/// How many batches a stream prepares ahead: as few as keep its consumer from waiting, because each takes a slab.
///
/// It starts at one. More of them help only when work that could have been done earlier was not: when the consumer waits for a
/// batch although, a short while ago, everything prepared was ready and the workers had no room to go on. Then the depth grows
/// by one, up to the bound that the user set. A consumer that always waits is held up by decoding or by the storage; one that
/// never waits is slower than both; for neither would more slabs change anything.
struct PrefetchDepth {
    /// The most batches that may be prepared ahead: `prefetch_buffer`.
    let limit: Int
    private(set) var current = 1
    /// How many batches a time without room counts for.
    private static let memory = 16
    /// Batches that have been handed over since the workers last had no room; nil when they always had.
    private var sinceFull: Int?
    private var waits = 0
    private var deliveries = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    /// Everything prepared is ready, and there is no room for more. Not to be told between epochs, where consumers have other
    /// things to do.
    mutating func becameFull() { sinceFull = 0 }

    /// A batch has been handed over.
    ///
    /// - Parameter hadToWait: the consumer asked for it before it was ready.
    mutating func delivered(hadToWait: Bool) {
        deliveries += 1
        guard hadToWait else {
            sinceFull = sinceFull.map { $0 + 1 }
            return
        }
        waits += 1
        if let sinceFull, sinceFull < Self.memory, current < limit { current += 1 }
        sinceFull = nil
    }

    /// Why it is as deep as it is.
    var reason: PrefetchReason {
        if current > 1 { return .irregular }
        if limit == 1 { return .limited }
        return 2 * waits > deliveries ? .consumerWaits : .consumerIsSlower
    }
}

/// Why a stream prepares as many batches ahead as it does.
package enum PrefetchReason: String, Sendable, CaseIterable {
    /// The consumer waits for most batches: decoding or the storage holds it up, and a deeper prefetch would not help.
    case consumerWaits = "consumer_waits"
    /// Batches are ready before they are wanted.
    case consumerIsSlower = "consumer_is_slower"
    /// The consumer is irregular: it waited for batches that could have been prepared while it paused.
    case irregular
    /// `prefetch_buffer` allows no more than one.
    case limited
}

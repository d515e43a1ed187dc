/// What a stream has done since it was opened. Counters only grow.
package struct StreamStatistics: Sendable, Hashable {
    package var batches: UInt64 = 0
    package var samples: UInt64 = 0
    package var badRecords: UInt64 = 0
    /// Wall nanoseconds that workers spent, summed over samples.
    package var readNanoseconds: UInt64 = 0
    package var decodeNanoseconds: UInt64 = 0
    package var augmentNanoseconds: UInt64 = 0
    /// CPU nanoseconds of workers, all stages.
    package var cpuNanoseconds: UInt64 = 0
    /// Nanoseconds the consumer waited for a batch that was not ready.
    package var starvedNanoseconds: UInt64 = 0
    /// The part of that which the storage is to blame for: what the batches' reading was of all that was done for them.
    package var storageNanoseconds: UInt64 = 0
    /// Nanoseconds a ready batch waited for the consumer.
    package var idleNanoseconds: UInt64 = 0
    /// Batches ready and not yet taken, and the most there can be now: how many the stream prepares ahead.
    package var queueDepth = 0
    package var queueCapacity = 0
    /// Why it is no more and no less.
    package var prefetchReason = PrefetchReason.consumerIsSlower
    /// Bytes reserved for slabs.
    package var memoryBytes = 0
    /// Samples whose decoded image was in the cache, and samples whose image had to be decoded for want of it.
    package var cacheHits: UInt64 = 0
    package var cacheMisses: UInt64 = 0
    /// Bytes of decoded images that the cache holds of the stream's data; streams over the same data share them.
    package var cacheBytes = 0

    package init() {}
}

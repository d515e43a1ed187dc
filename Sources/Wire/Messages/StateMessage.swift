package import DataTypes

/// STATE, the server's answer: where the stream is and what it has done.
package struct StateMessage: Codable, Sendable, Hashable {
    /// Resume token of the next batch to send.
    package var token: String
    package var epoch: Int
    package var step: Int
    package var steps: Int
    package var batches: UInt64
    package var samples: UInt64
    package var badRecords: UInt64
    package var queueDepth: Int
    package var queueCapacity: Int
    /// Batches the client has asked for and not yet got.
    package var credits: Int
    package var readSeconds: Double
    package var decodeSeconds: Double
    package var augmentSeconds: Double
    package var cpuSeconds: Double
    package var starvedSeconds: Double
    package var idleSeconds: Double
    package var memoryBytes: Int
    /// Absent from servers that know no cache.
    package var cacheHits: UInt64?
    package var cacheMisses: UInt64?
    package var cacheBytes: Int?

    enum CodingKeys: String, CodingKey {
        case token, epoch, step, steps, batches, samples, credits
        case badRecords = "bad_records"
        case queueDepth = "queue_depth"
        case queueCapacity = "queue_capacity"
        case readSeconds = "read_seconds"
        case decodeSeconds = "decode_seconds"
        case augmentSeconds = "augment_seconds"
        case cpuSeconds = "cpu_seconds"
        case starvedSeconds = "starved_seconds"
        case idleSeconds = "idle_seconds"
        case memoryBytes = "memory_bytes"
        case cacheHits = "cache_hits"
        case cacheMisses = "cache_misses"
        case cacheBytes = "cache_bytes"
    }

    package init(
        token: String, position: BatchAddress, stepCount: Int, credits: Int, statistics: StreamStatistics
    ) {
        self.token = token
        epoch = position.epoch
        step = position.step
        steps = stepCount
        self.credits = credits
        batches = statistics.batches
        samples = statistics.samples
        badRecords = statistics.badRecords
        queueDepth = statistics.queueDepth
        queueCapacity = statistics.queueCapacity
        readSeconds = Self.seconds(statistics.readNanoseconds)
        decodeSeconds = Self.seconds(statistics.decodeNanoseconds)
        augmentSeconds = Self.seconds(statistics.augmentNanoseconds)
        cpuSeconds = Self.seconds(statistics.cpuNanoseconds)
        starvedSeconds = Self.seconds(statistics.starvedNanoseconds)
        idleSeconds = Self.seconds(statistics.idleNanoseconds)
        memoryBytes = statistics.memoryBytes
        cacheHits = statistics.cacheHits
        cacheMisses = statistics.cacheMisses
        cacheBytes = statistics.cacheBytes
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

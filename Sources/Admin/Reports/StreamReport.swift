/// One entry of `GET /v1/streams`.
package struct StreamReport: Codable, Sendable, Hashable {
    /// Unique in this daemon's life.
    package var id: UInt64
    package var clientID: UInt64
    /// The data set of the configuration it was opened by; nil when the client named an iterator.
    package var dataset: String?
    /// The client's name for it.
    package var label: String?
    package var iterator: String
    package var batchSize: Int
    package var numParts: Int
    package var partIndex: Int
    /// Samples of the whole data set.
    package var records: Int
    package var partRecords: Int
    package var epoch: Int
    /// The batch that comes next.
    package var step: Int
    /// Batches of the epoch.
    package var steps: Int
    /// `opening`, `streaming`, `ended`, `failed`, `closing`.
    package var state: String
    /// An administrator has paused it.
    package var isPaused: Bool
    /// `credit`, `decode` (for the storage too), `network`, `pause` or `reset`.
    package var waitingFor: String
    /// Seconds waited since the stream was opened: for `credit`, `storage`, `decode`, `network`, `pause`, `reset`. A wait
    /// for `storage` or `decode` counts when it is over.
    package var waitedSeconds: [String: Double]
    /// Age.
    package var openedSeconds: Double
    package var credits: Int
    package var queueDepth: Int
    /// How many batches it prepares ahead now, at most `prefetch_buffer`.
    package var queueCapacity: Int
    /// Why: `consumer_waits`, `consumer_is_slower`, `irregular`, `limited`.
    package var prefetchReason: String
    package var memoryBytes: Int
    package var batches: UInt64
    package var samples: UInt64
    package var badRecords: UInt64
    /// Thread time by stage, summed over workers.
    package var readSeconds: Double
    package var decodeSeconds: Double
    package var augmentSeconds: Double
    package var cpuSeconds: Double
    /// The consumer waited for a batch.
    package var starvedSeconds: Double
    /// A ready batch waited for the consumer.
    package var idleSeconds: Double
    /// Samples that a cache had decoded, and those that it had not.
    package var cacheHits: UInt64
    package var cacheMisses: UInt64
    /// Bytes that the cache holds of this stream's data.
    package var cacheBytes: Int
    package var manifest: String
    package var spec: String
    package var warnings: [String]

    enum CodingKeys: String, CodingKey {
        case id, dataset, label, iterator, records, epoch, step, steps, state, credits, batches, samples, manifest
        case spec, warnings
        case clientID = "client_id"
        case isPaused = "paused"
        case batchSize = "batch_size"
        case numParts = "num_parts"
        case partIndex = "part_index"
        case partRecords = "part_records"
        case waitingFor = "waiting_for"
        case waitedSeconds = "waited_seconds"
        case openedSeconds = "opened_seconds"
        case queueDepth = "queue_depth"
        case queueCapacity = "queue_capacity"
        case prefetchReason = "prefetch_reason"
        case memoryBytes = "memory_bytes"
        case badRecords = "bad_records"
        case readSeconds = "read_seconds"
        case decodeSeconds = "decode_seconds"
        case augmentSeconds = "augment_seconds"
        case cpuSeconds = "cpu_seconds"
        case starvedSeconds = "starved_seconds"
        case idleSeconds = "idle_seconds"
        case cacheHits = "cache_hits"
        case cacheMisses = "cache_misses"
        case cacheBytes = "cache_bytes"
    }

    package init(
        id: UInt64, clientID: UInt64, dataset: String?, label: String?, iterator: String, batchSize: Int,
        numParts: Int, partIndex: Int, records: Int, partRecords: Int, epoch: Int, step: Int, steps: Int,
        state: String, isPaused: Bool, waitingFor: String, waitedSeconds: [String: Double], openedSeconds: Double,
        credits: Int,
        queueDepth: Int, queueCapacity: Int, prefetchReason: String, memoryBytes: Int, batches: UInt64, samples: UInt64,
        badRecords: UInt64,
        readSeconds: Double, decodeSeconds: Double, augmentSeconds: Double, cpuSeconds: Double, starvedSeconds: Double,
        idleSeconds: Double, cacheHits: UInt64, cacheMisses: UInt64, cacheBytes: Int, manifest: String, spec: String,
        warnings: [String]
    ) {
        self.id = id
        self.clientID = clientID
        self.dataset = dataset
        self.label = label
        self.iterator = iterator
        self.batchSize = batchSize
        self.numParts = numParts
        self.partIndex = partIndex
        self.records = records
        self.partRecords = partRecords
        self.epoch = epoch
        self.step = step
        self.steps = steps
        self.state = state
        self.isPaused = isPaused
        self.waitingFor = waitingFor
        self.waitedSeconds = waitedSeconds
        self.openedSeconds = openedSeconds
        self.credits = credits
        self.queueDepth = queueDepth
        self.queueCapacity = queueCapacity
        self.prefetchReason = prefetchReason
        self.memoryBytes = memoryBytes
        self.batches = batches
        self.samples = samples
        self.badRecords = badRecords
        self.readSeconds = readSeconds
        self.decodeSeconds = decodeSeconds
        self.augmentSeconds = augmentSeconds
        self.cpuSeconds = cpuSeconds
        self.starvedSeconds = starvedSeconds
        self.idleSeconds = idleSeconds
        self.cacheHits = cacheHits
        self.cacheMisses = cacheMisses
        self.cacheBytes = cacheBytes
        self.manifest = manifest
        self.spec = spec
        self.warnings = warnings
    }
}

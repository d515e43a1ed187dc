internal import Wire

/// Where a stream is and what it has done, as the server says.
public struct StreamStatus: Sendable, Hashable {
    /// Resume token of the next batch that the server sends, which may be ahead of the one used last.
    public let token: String
    /// The next batch that the server sends.
    public let epoch: Int
    /// The next batch that the server sends.
    public let step: Int
    /// Batches of the epoch.
    public let stepsPerEpoch: Int
    /// Batches since the stream was opened.
    public let batches: UInt64
    /// Samples since the stream was opened.
    public let samples: UInt64
    /// Records that could not be delivered.
    public let badRecords: UInt64
    /// Batches ready at the server.
    public let queueDepth: Int
    /// The most there can be.
    public let queueCapacity: Int
    /// Worker time spent reading, in seconds.
    public let readSeconds: Double
    /// Worker time spent decoding.
    public let decodeSeconds: Double
    /// Worker time spent on everything behind decoding.
    public let augmentSeconds: Double
    /// Processor time of workers.
    public let cpuSeconds: Double
    /// Time in which this client waited for the loader.
    public let starvedSeconds: Double
    /// Time in which ready batches waited for this client.
    public let idleSeconds: Double
    /// Memory reserved for batches.
    public let memoryBytes: Int
    /// Samples whose decoded image was in the cache; 0 for a stream without one.
    public let cacheHits: UInt64
    /// Samples whose image had to be decoded because the cache had not got it.
    public let cacheMisses: UInt64
    /// Memory of the images that the cache holds of this stream's data. Streams over the same data share them.
    public let cacheBytes: Int

    init(_ message: StateMessage) {
        token = message.token
        epoch = message.epoch
        step = message.step
        stepsPerEpoch = message.steps
        batches = message.batches
        samples = message.samples
        badRecords = message.badRecords
        queueDepth = message.queueDepth
        queueCapacity = message.queueCapacity
        readSeconds = message.readSeconds
        decodeSeconds = message.decodeSeconds
        augmentSeconds = message.augmentSeconds
        cpuSeconds = message.cpuSeconds
        starvedSeconds = message.starvedSeconds
        idleSeconds = message.idleSeconds
        memoryBytes = message.memoryBytes
        cacheHits = message.cacheHits ?? 0
        cacheMisses = message.cacheMisses ?? 0
        cacheBytes = message.cacheBytes ?? 0
    }
}

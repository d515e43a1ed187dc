/// What `/metrics` shows: figures since the start (they only grow) and figures of this moment.
package struct MetricsReport: Sendable, Hashable {
    /// Streams of one data set together. Streams opened by iterator have the empty name.
    package struct DatasetFigures: Sendable, Hashable {
        package var streams = 0
        package var queueDepth = 0
        package var queueCapacity = 0
        package var credits = 0
        package init() {}
    }

    package var version = ""
    package var isReady = false
    package var startedAtSeconds = 0.0
    package var connections = 0
    package var connectionsAccepted: UInt64 = 0
    package var connectionsRefused: UInt64 = 0
    package var streamsOpened: UInt64 = 0
    package var streamsRefused: UInt64 = 0
    package var batchesSent: UInt64 = 0
    package var samplesSent: UInt64 = 0
    package var sentBytes: UInt64 = 0
    /// By reason.
    package var badRecords: [String: UInt64] = [:]
    /// By code of the protocol.
    package var errors: [String: UInt64] = [:]
    /// What the swift-metrics API was told: what batches took, and what iterators and libraries count.
    package var counted: [MetricFamily] = []
    /// Samples of streams with a cache by what it had of them: `hit`, `miss`.
    package var cacheSamples: [String: UInt64] = [:]
    package var cacheBytes = 0
    package var cacheLimitBytes = 0
    package var cacheDiskBytes = 0
    package var cpuSeconds = 0.0
    /// Seconds that streams waited, by cause: `credit`, `storage`, `decode`, `network`, `pause`, `reset`.
    package var stallSeconds: [String: Double] = [:]
    /// Streams by what they wait for now; `decode` is for the storage too.
    package var streamsWaiting: [String: Int] = [:]
    package var memoryBytes = 0
    package var memoryLimitBytes = 0
    package var threads = 0
    package var datasets: [String: DatasetFigures] = [:]

    package init() {}
}

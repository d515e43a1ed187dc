/// `GET /v1/status`: the daemon as a whole.
package struct StatusReport: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable { case starting, ready, draining }

    package var version: String
    package var state: State
    package var processID: Int
    /// Seconds since 1970-01-01 UTC.
    package var startedAtSeconds: Double
    package var uptimeSeconds: Double
    /// `unix:/run/headrace/data.sock`, `tcp://127.0.0.1:9347`.
    package var listeners: [String]
    package var configFile: String?
    package var threads: Int
    /// Decode threads that take work now: more than `threads` while the storage makes them wait.
    package var activeThreads: Int
    /// The share of their time that they lately waited for the storage, 0 to 1.
    package var storageWaitShare: Double
    package var connections: Int
    package var streams: Int
    package var datasets: Int
    package var memoryBytes: Int
    package var memoryLimitBytes: Int
    /// CPU time of the whole process.
    package var cpuSeconds: Double
    package var batchesSent: UInt64
    package var samplesSent: UInt64
    package var sentBytes: UInt64
    package var badRecords: UInt64

    enum CodingKeys: String, CodingKey {
        case version, state, listeners, threads, connections, streams, datasets
        case activeThreads = "active_threads"
        case storageWaitShare = "storage_wait_share"
        case processID = "process_id"
        case startedAtSeconds = "started_at_seconds"
        case uptimeSeconds = "uptime_seconds"
        case configFile = "config_file"
        case memoryBytes = "memory_bytes"
        case memoryLimitBytes = "memory_limit_bytes"
        case cpuSeconds = "cpu_seconds"
        case batchesSent = "batches_sent"
        case samplesSent = "samples_sent"
        case sentBytes = "sent_bytes"
        case badRecords = "bad_records"
    }

    package init(
        version: String, state: State, processID: Int, startedAtSeconds: Double, uptimeSeconds: Double,
        listeners: [String], configFile: String?, threads: Int, activeThreads: Int, storageWaitShare: Double,
        connections: Int, streams: Int, datasets: Int, memoryBytes: Int, memoryLimitBytes: Int, cpuSeconds: Double,
        batchesSent: UInt64, samplesSent: UInt64, sentBytes: UInt64, badRecords: UInt64
    ) {
        self.version = version
        self.state = state
        self.processID = processID
        self.startedAtSeconds = startedAtSeconds
        self.uptimeSeconds = uptimeSeconds
        self.listeners = listeners
        self.configFile = configFile
        self.threads = threads
        self.activeThreads = activeThreads
        self.storageWaitShare = storageWaitShare
        self.connections = connections
        self.streams = streams
        self.datasets = datasets
        self.memoryBytes = memoryBytes
        self.memoryLimitBytes = memoryLimitBytes
        self.cpuSeconds = cpuSeconds
        self.batchesSent = batchesSent
        self.samplesSent = samplesSent
        self.sentBytes = sentBytes
        self.badRecords = badRecords
    }
}

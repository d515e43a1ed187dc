internal import Admin
internal import DataTypes
internal import Foundation
internal import Iterators
internal import Logging
internal import Pipeline
internal import Server
internal import Synchronization

/// What the admin pages see of the daemon.
final class DaemonControl: ControlPlane {
    private let server: Server
    private let opener: DatasetOpener
    private let budget: MemoryBudget
    private let decoded: DecodedCache
    private let health: HealthMonitor
    private let reloader: Reloader
    private let logSettings: LogSettings
    private let shutdown: ShutdownTrigger
    private let configFile: String?
    private let pool: WorkerPool
    private let metricStore: MetricStore
    private let startedAt = Date()
    private let stateNow = Mutex(StatusReport.State.starting)

    init(
        server: Server, opener: DatasetOpener, budget: MemoryBudget, decoded: DecodedCache, health: HealthMonitor,
        reloader: Reloader, logSettings: LogSettings, shutdown: ShutdownTrigger, configFile: String?, pool: WorkerPool,
        metricStore: MetricStore
    ) {
        self.server = server
        self.opener = opener
        self.budget = budget
        self.decoded = decoded
        self.health = health
        self.reloader = reloader
        self.logSettings = logSettings
        self.shutdown = shutdown
        self.configFile = configFile
        self.pool = pool
        self.metricStore = metricStore
    }

    /// Where the daemon stands. A stop is final.
    var state: StatusReport.State {
        get { stateNow.withLock { $0 } }
        set { stateNow.withLock { if $0 != .draining { $0 = newValue } } }
    }

    var isHealthy: Bool { health.isHealthy }
    var isReady: Bool { state == .ready }

    func drain() {
        state = .draining
        shutdown.pull()
    }

    func reload() async throws(ReloadRefusal) -> ReloadReport { try await reloader.reload() }

    func configuration() -> ConfigurationReport { reloader.report }

    var logLevel: String { logSettings.level.rawValue }

    func setLogLevel(_ level: String) -> Bool {
        guard let level = Logger.Level(rawValue: level) else { return false }
        logSettings.level = level
        return true
    }

    func stop(stream id: UInt64) -> Bool { server.stop(stream: id) }
    func pause(stream id: UInt64) -> Bool { server.pause(stream: id) }
    func resume(stream id: UInt64) -> Bool { server.resume(stream: id) }
    func disconnect(client id: UInt64) -> Bool { server.disconnect(id) }

    func status() -> StatusReport {
        let snapshot = server.snapshot()
        let threads = pool.threadUse
        return StatusReport(
            version: DaemonVersion.text, state: state, processID: Int(ProcessInfo.processInfo.processIdentifier),
            startedAtSeconds: startedAt.timeIntervalSince1970, uptimeSeconds: max(0, -startedAt.timeIntervalSinceNow),
            listeners: snapshot.listeners, configFile: configFile, threads: pool.threadCount,
            activeThreads: threads.active, storageWaitShare: threads.waitingShare,
            connections: snapshot.clients.count, streams: snapshot.streams.count,
            datasets: opener.rules.datasets.count, memoryBytes: budget.usedBytes, memoryLimitBytes: budget.limitBytes,
            cpuSeconds: Self.seconds(processCPUNanoseconds()),
            batchesSent: snapshot.counters.batchesSent, samplesSent: snapshot.counters.samplesSent,
            sentBytes: snapshot.counters.sentBytes, badRecords: snapshot.counters.badRecords.values.reduce(0, +))
    }

    func streams() -> [StreamReport] { server.snapshot().streams.map(StreamReport.init) }

    func clients() -> [ClientReport] { server.snapshot().clients.map(ClientReport.init) }

    func badRecords() -> [BadRecordEntry] { server.snapshot().badRecords.map(BadRecordEntry.init) }

    func datasets() -> [DatasetReport] {
        let snapshot = server.snapshot()
        let open = Dictionary(grouping: snapshot.streams.compactMap(\.dataset)) { $0 }
        let manifests = opener.manifests
        return opener.rules.datasets.values.sorted { $0.name < $1.name }.map { dataset in
            let totals = snapshot.datasetTotals[dataset.name] ?? StreamStatistics()
            return DatasetReport(
                name: dataset.name, iterator: dataset.iterator,
                parameters: dataset.parameters.mapValues { value in
                    if case .string(let text) = value { text } else { value.description }
                }, locked: dataset.locked.sorted(), openStreams: open[dataset.name]?.count ?? 0,
                manifest: manifests[dataset.name]?.hash, records: manifests[dataset.name]?.records,
                batches: totals.batches, samples: totals.samples, badRecords: totals.badRecords)
        }
    }

    func metrics() -> MetricsReport {
        let snapshot = server.snapshot()
        let counters = snapshot.counters
        var report = MetricsReport()
        report.version = DaemonVersion.text
        report.isReady = isReady
        report.startedAtSeconds = startedAt.timeIntervalSince1970
        report.connections = snapshot.clients.count
        report.connectionsAccepted = counters.connectionsAccepted
        report.connectionsRefused = counters.connectionsRefused
        report.streamsOpened = counters.streamsOpened
        report.streamsRefused = counters.streamsRefused
        report.batchesSent = counters.batchesSent
        report.samplesSent = counters.samplesSent
        report.sentBytes = counters.sentBytes
        report.badRecords = counters.badRecords
        report.errors = Dictionary(uniqueKeysWithValues: counters.errors.map { ($0.key.rawValue, $0.value) })
        report.counted = metricStore.families
        report.cacheSamples = ["hit": snapshot.totals.cacheHits, "miss": snapshot.totals.cacheMisses]
        report.cacheBytes = decoded.usedBytes
        report.cacheLimitBytes = decoded.limitBytes
        report.cacheDiskBytes = decoded.store?.usedBytes ?? 0
        report.cpuSeconds = Self.seconds(snapshot.totals.cpuNanoseconds)
        report.stallSeconds = WaitTimes.seconds(
            counters.waitedNanoseconds.mapValues(Self.seconds), snapshot.totals)
        report.streamsWaiting = Dictionary(
            WaitCause.allCases.map { ($0.reportName, 0) }, uniquingKeysWith: +)
        report.memoryBytes = budget.usedBytes
        report.memoryLimitBytes = budget.limitBytes
        report.threads = pool.threadCount
        for stream in snapshot.streams {
            report.streamsWaiting[stream.waitingFor.reportName, default: 0] += 1
            report.datasets[stream.dataset ?? "", default: .init()].streams += 1
            report.datasets[stream.dataset ?? "", default: .init()].queueDepth += stream.statistics.queueDepth
            report.datasets[stream.dataset ?? "", default: .init()].queueCapacity += stream.statistics.queueCapacity
            report.datasets[stream.dataset ?? "", default: .init()].credits += stream.credits
        }
        return report
    }

    static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

internal import Admin
internal import DataTypes
internal import Foundation
internal import Iterators
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
    private let shutdown: ShutdownTrigger
    private let configFile: String?
    private let pool: WorkerPool
    private let startedAt = Date()
    private let stateNow = Mutex(StatusReport.State.starting)

    init(
        server: Server, opener: DatasetOpener, budget: MemoryBudget, decoded: DecodedCache, health: HealthMonitor,
        reloader: Reloader, shutdown: ShutdownTrigger, configFile: String?, pool: WorkerPool
    ) {
        self.server = server
        self.opener = opener
        self.budget = budget
        self.decoded = decoded
        self.health = health
        self.reloader = reloader
        self.shutdown = shutdown
        self.configFile = configFile
        self.pool = pool
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
            batchesSent: snapshot.counters.batchesSent, samplesSent: snapshot.counters.samplesSent,
            sentBytes: snapshot.counters.sentBytes, badRecords: snapshot.counters.badRecords.values.reduce(0, +))
    }

    func streams() -> [StreamReport] { server.snapshot().streams.map(StreamReport.init) }

    func clients() -> [ClientReport] { server.snapshot().clients.map(ClientReport.init) }

    func badRecords() -> [BadRecordEntry] { server.snapshot().badRecords.map(BadRecordEntry.init) }

    func datasets() -> [DatasetReport] {
        let open = Dictionary(grouping: server.snapshot().streams.compactMap(\.dataset)) { $0 }
        return opener.rules.datasets.values.sorted { $0.name < $1.name }.map { dataset in
            DatasetReport(
                name: dataset.name, iterator: dataset.iterator,
                parameters: dataset.parameters.mapValues { value in
                    if case .string(let text) = value { text } else { value.description }
                }, locked: dataset.locked.sorted(),
                openStreams: open[dataset.name]?.count ?? 0)
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
        report.stageSeconds = [
            "read": Self.seconds(snapshot.totals.readNanoseconds),
            "decode": Self.seconds(snapshot.totals.decodeNanoseconds),
            "augment": Self.seconds(snapshot.totals.augmentNanoseconds),
        ]
        report.cacheSamples = ["hit": snapshot.totals.cacheHits, "miss": snapshot.totals.cacheMisses]
        report.cacheBytes = decoded.usedBytes
        report.cacheLimitBytes = decoded.limitBytes
        report.cacheDiskBytes = decoded.store?.usedBytes ?? 0
        report.cpuSeconds = Self.seconds(snapshot.totals.cpuNanoseconds)
        report.stallSeconds = Dictionary(
            uniqueKeysWithValues: counters.waitedNanoseconds.map { ($0.key.rawValue, Self.seconds($0.value)) })
        report.memoryBytes = budget.usedBytes
        report.memoryLimitBytes = budget.limitBytes
        report.threads = pool.threadCount
        for stream in snapshot.streams {
            report.datasets[stream.dataset ?? "", default: .init()].streams += 1
            report.datasets[stream.dataset ?? "", default: .init()].queueDepth += stream.statistics.queueDepth
            report.datasets[stream.dataset ?? "", default: .init()].queueCapacity += stream.statistics.queueCapacity
            report.datasets[stream.dataset ?? "", default: .init()].credits += stream.credits
        }
        return report
    }

    static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

import Synchronization

@testable import Admin

/// A control plane of fixed answers that notes what it is told to do.
final class FakeControlPlane: ControlPlane {
    struct Notes: Sendable {
        var drains = 0
        var reloads = 0
        /// `stop 5`, `level debug`.
        var actions: [String] = []
    }
    let notes = Mutex(Notes())
    let isHealthy: Bool
    let isReady: Bool
    let refusal: ReloadRefusal?
    let figures: MetricsReport
    /// What a reload waits for after it has been noted.
    let beforeReload: @Sendable () async -> Void

    init(
        isHealthy: Bool = true, isReady: Bool = true, refusal: ReloadRefusal? = nil,
        figures: MetricsReport = MetricsReport(), beforeReload: @escaping @Sendable () async -> Void = {}
    ) {
        self.isHealthy = isHealthy
        self.isReady = isReady
        self.refusal = refusal
        self.figures = figures
        self.beforeReload = beforeReload
    }

    func status() -> StatusReport {
        StatusReport(
            version: "1.2.3", state: .ready, processID: 42, startedAtSeconds: 1000, uptimeSeconds: 7,
            listeners: ["unix:/run/x.sock"], configFile: "/etc/h.yaml", threads: 2, activeThreads: 3,
            storageWaitShare: 0.5, connections: 1, streams: 1, datasets: 1,
            memoryBytes: 10, memoryLimitBytes: 20, cpuSeconds: 1.25, batchesSent: 3, samplesSent: 384,
            sentBytes: 1 << 40, badRecords: 1)
    }

    func streams() -> [StreamReport] {
        [
            StreamReport(
                id: 5, clientID: 4, dataset: "train", label: "job", iterator: "ImageRecordIter", batchSize: 128,
                numParts: 1,
                partIndex: 0, records: 1000, partRecords: 1000, epoch: 2, step: 3, steps: 8, state: "streaming",
                isPaused: false,
                waitingFor: "credit", waitedSeconds: ["credit": 1.5], openedSeconds: 9, credits: 2, queueDepth: 1,
                queueCapacity: 4, prefetchReason: "irregular", memoryBytes: 77, batches: 19, samples: 2432,
                badRecords: 0, readSeconds: 0,
                decodeSeconds: 1, augmentSeconds: 0.5, cpuSeconds: 1.5, starvedSeconds: 0, idleSeconds: 2, cacheHits: 7,
                cacheMisses: 3, cacheBytes: 1024,
                manifest: "m",
                spec: "s", warnings: [])
        ]
    }

    func clients() -> [ClientReport] {
        [
            ClientReport(
                id: 4, peer: "unix", processID: 99, userID: 1000, software: "t/1", state: "streaming", streamID: 5,
                connectedAtSeconds: 1001, connectedSeconds: 6, receivedFrames: 10, sentFrames: 11, sentBytes: 12)
        ]
    }

    func datasets() -> [DatasetReport] {
        [
            DatasetReport(
                name: "train", iterator: "ImageRecordIter", parameters: ["batch_size": "128"], locked: ["seed"],
                openStreams: 1, manifest: "m", records: 1000, batches: 19, samples: 2432, badRecords: 1)
        ]
    }

    func badRecords() -> [BadRecordEntry] {
        [
            BadRecordEntry(
                atSeconds: 1002, clientID: 4, streamID: 5, dataset: "train", epoch: 0, step: 1, reason: "bad_image",
                message: "JPEG data \"ends\" early", file: "/data/a.rec", offset: 123, record: 9)
        ]
    }

    func metrics() -> MetricsReport { figures }

    func configuration() -> ConfigurationReport {
        ConfigurationReport(
            file: "/etc/h.yaml",
            settings: [.init(key: "threads", value: "2", origin: "/etc/h.yaml:3", isReloadable: false)])
    }

    var logLevel: String { "info" }

    func setLogLevel(_ level: String) -> Bool { note("level \(level)", level == "debug") }
    func stop(stream id: UInt64) -> Bool { note("stop \(id)", id == 5) }
    func pause(stream id: UInt64) -> Bool { note("pause \(id)", id == 5) }
    func resume(stream id: UInt64) -> Bool { note("resume \(id)", id == 5) }
    func disconnect(client id: UInt64) -> Bool { note("disconnect \(id)", id == 4) }

    private func note(_ action: String, _ succeeds: Bool) -> Bool {
        if succeeds { notes.withLock { $0.actions.append(action) } }
        return succeeds
    }

    func drain() { notes.withLock { $0.drains += 1 } }

    func reload() async throws(ReloadRefusal) -> ReloadReport {
        notes.withLock { $0.reloads += 1 }
        await beforeReload()
        if let refusal { throw refusal }
        return ReloadReport(changed: ["log.level"], needsRestart: ["threads"])
    }
}

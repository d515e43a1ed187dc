import Admin
import Synchronization

/// The control plane of a daemon that serves nobody, which counts what it is told to do.
final class IdleControlPlane: ControlPlane {
    let actions = Atomic(0)

    var isHealthy: Bool { true }
    var isReady: Bool { true }

    func status() -> StatusReport {
        StatusReport(
            version: "1.2.3", state: .ready, processID: 42, startedAtSeconds: 1000, uptimeSeconds: 7,
            listeners: ["unix:/run/x.sock"], configFile: nil, threads: 2, activeThreads: 2, storageWaitShare: 0,
            connections: 0, streams: 0, datasets: 0, memoryBytes: 0, memoryLimitBytes: 20, cpuSeconds: 0,
            batchesSent: 0, samplesSent: 0, sentBytes: 0, badRecords: 0)
    }

    func streams() -> [StreamReport] { [] }
    func clients() -> [ClientReport] { [] }
    func datasets() -> [DatasetReport] { [] }
    func badRecords() -> [BadRecordEntry] { [] }
    func metrics() -> MetricsReport { MetricsReport() }
    func configuration() -> ConfigurationReport { ConfigurationReport(file: nil, settings: []) }
    var logLevel: String { "info" }
    func setLogLevel(_ level: String) -> Bool { act(level == "debug") }
    func stop(stream id: UInt64) -> Bool { act(id == 1) }
    func pause(stream id: UInt64) -> Bool { act(id == 1) }
    func resume(stream id: UInt64) -> Bool { act(id == 1) }
    func disconnect(client id: UInt64) -> Bool { act(id == 1) }
    func drain() { actions.add(1, ordering: .relaxed) }

    /// One of that name or number is there.
    private func act(_ isThere: Bool) -> Bool {
        actions.add(1, ordering: .relaxed)
        return isThere
    }

    func reload() async throws(ReloadRefusal) -> ReloadReport {
        actions.add(1, ordering: .relaxed)
        throw ReloadRefusal(problems: ["h.yaml:1: a"])
    }
}

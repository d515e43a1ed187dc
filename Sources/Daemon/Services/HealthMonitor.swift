internal import Logging
internal import NIOCore
internal import Pipeline
internal import ServiceLifecycle
internal import Synchronization

/// Looks at the event loops and the threads of the pool at regular times, and feeds the service manager's watchdog only
/// while both do their work.
final class HealthMonitor: Service {
    private struct State {
        var judge: HealthJudge
        var unansweredLoops = 0
        var complaint: String?
    }
    private let state: Mutex<State>
    private let group: any EventLoopGroup
    private let pool: WorkerPool
    private let manager: ServiceManager
    private let status: @Sendable () -> String
    private let logger: Logger

    /// - Parameters:
    ///   - patience: how long the pool may have work and finish nothing.
    ///   - status: one line on what the daemon is doing, for `systemctl status`.
    init(
        group: any EventLoopGroup, pool: WorkerPool, patience: Duration, manager: ServiceManager, logger: Logger,
        status: @escaping @Sendable () -> String
    ) {
        state = Mutex(State(judge: HealthJudge(patienceSeconds: patience / .seconds(1))))
        self.group = group
        self.pool = pool
        self.manager = manager
        self.logger = logger
        self.status = status
    }

    var isHealthy: Bool { state.withLock { $0.complaint == nil } }

    func run() async throws {
        // Three times within the interval, so that one late wake-up is no death sentence.
        let interval = manager.watchdogInterval.map { min($0 / 3, .seconds(10)) } ?? .seconds(10)
        let clock = ContinuousClock()
        let start = clock.now
        try? await cancelWhenGracefulShutdown {
            while true {
                self.check(nowSeconds: (clock.now - start) / .seconds(1))
                try await Task.sleep(for: interval, clock: clock)
            }
        }
        // Draining takes its time, and the watchdog goes on counting.
        if manager.watchdogInterval != nil { manager.notify(["WATCHDOG=1"]) }
    }

    func check(nowSeconds: Double) {
        let observation = HealthJudge.Observation(
            nowSeconds: nowSeconds, loopsAnswered: state.withLock { $0.unansweredLoops == 0 },
            completedTasks: pool.completedTasks, hasWork: pool.hasWork)
        let (old, new) = state.withLock { state in
            let old = state.complaint
            state.complaint = state.judge.judge(observation)
            return (old, state.complaint)
        }
        if let new, old == nil { logger.error("the daemon does not move", metadata: ["reason": "\(new)"]) }
        if new == nil, old != nil { logger.notice("the daemon moves again") }
        if new == nil { manager.notify(["WATCHDOG=1", "STATUS=\(status())"]) }
        if observation.loopsAnswered { askLoops() }
    }

    private func askLoops() {
        var loops: [any EventLoop] = []
        for loop in group.makeIterator() { loops.append(loop) }
        state.withLock { $0.unansweredLoops = loops.count }
        for loop in loops {
            loop.execute { self.state.withLock { $0.unansweredLoops -= 1 } }
        }
    }
}

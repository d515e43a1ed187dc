import DataTypes
import Dispatch
import Logging
import NIOCore
import NIOPosix
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// The service manager hears of a daemon only while every event loop answers and the pool gets something done.
@Suite("Health, with real loops and threads", .timeLimit(.minutes(10))) struct HealthMonitorTests {
    /// How often the watchdog was fed.
    final class Feedings: Sendable {
        private let count = Mutex(0)

        /// Those since the last call.
        func take() -> Int {
            count.withLock { count in
                defer { count = 0 }
                return count
            }
        }

        var manager: ServiceManager {
            ServiceManager { [self] lines in
                if lines.split(separator: "\n").contains("WATCHDOG=1") { count.withLock { $0 += 1 } }
            }
        }
    }

    /// Something that waits until it may go on.
    final class Gate: Sendable {
        private let isReached = DispatchSemaphore(value: 0)
        private let isOpen = DispatchSemaphore(value: 0)

        func pass() {
            isReached.signal()
            isOpen.wait()
            // For whoever comes behind.
            isOpen.signal()
        }

        func waitUntilReached() { isReached.wait() }
        func open() { isOpen.signal() }
    }

    /// Made-up data that stops at a gate: its rows in a decode thread, or what is read ahead in a reader thread.
    struct GatedSource: BatchSource {
        let inner = PatternSource(records: 8, batchSize: 4)
        let gate: Gate
        let stopsReaders: Bool

        var info: StreamInfo { inner.info }
        var epochPlan: EpochPlan { inner.epochPlan }
        var badRecordPolicy: BadRecordPolicy { inner.badRecordPolicy }
        var slotsPerTask: Int { inner.slotsPerTask }
        func readAhead(_ plan: BatchPlan) { if stopsReaders { gate.pass() } }

        func execute(
            _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
        ) throws(BadRecord) {
            if !stopsReaders { gate.pass() }
            try inner.execute(slot, row: row, into: slab, worker: worker, times: &times)
        }
    }

    static func with(
        _ body: (HealthMonitor, MultiThreadedEventLoopGroup, WorkerPool, Feedings) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let pool = WorkerPool(threads: 1, readers: 1)
        let feedings = Feedings()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let monitor = HealthMonitor(
            group: group, pool: pool, patience: .seconds(60), manager: feedings.manager, logger: logger
        ) { "" }
        try await body(monitor, group, pool, feedings)
        pool.shutDown()
        try await group.shutdownGracefully()
    }

    /// Every loop has done what it was asked before.
    static func settle(_ group: MultiThreadedEventLoopGroup) async throws {
        for loop in group.makeIterator() { try await loop.submit {}.get() }
    }

    @Test("one event loop that hangs ends the feeding, and goes on with it when it is free", arguments: [0, 1])
    func hungLoop(which: Int) async throws {
        try await Self.with { monitor, group, _, feedings in
            monitor.check(nowSeconds: 0)
            try await Self.settle(group)
            monitor.check(nowSeconds: 1)
            try await Self.settle(group)
            #expect(feedings.take() == 2)
            let gate = Gate()
            let loops = Array(group.makeIterator())
            loops[which].execute { gate.pass() }
            gate.waitUntilReached()
            // This one asks, and the hung loop does not answer.
            monitor.check(nowSeconds: 2)
            #expect(feedings.take() == 1)
            for second in 3..<6 { monitor.check(nowSeconds: Double(second)) }
            #expect(feedings.take() == 0 && !monitor.isHealthy)
            gate.open()
            try await Self.settle(group)
            monitor.check(nowSeconds: 6)
            #expect(feedings.take() == 1 && monitor.isHealthy)
        }
    }

    @Test("a pool that hangs in a decode thread or a reader ends the feeding", arguments: [false, true])
    func hungPool(stopsReaders: Bool) async throws {
        try await Self.with { monitor, group, pool, feedings in
            // What was fed at each of these seconds.
            func check(_ seconds: Int...) async throws -> [Int] {
                var fed: [Int] = []
                for second in seconds {
                    monitor.check(nowSeconds: Double(second))
                    try await Self.settle(group)
                    fed.append(feedings.take())
                }
                return fed
            }
            // Nothing to do is no standstill.
            let idle = try await check(0, 1000)
            #expect(idle == [1, 1])
            let gate = Gate()
            let stream = PrefetchedStream(
                source: GatedSource(gate: gate, stopsReaders: stopsReaders), start: BatchAddress(epoch: 0, step: 0),
                pool: pool, allocator: HeapSlabAllocator())
            gate.waitUntilReached()
            var earlier = pool.completedTasks
            let patient = try await check(1001, 1059)
            #expect(patient == [1, 1])
            // The threads that do not hang may still have had something to do, and each task done buys another minute.
            var second = 1061
            while true {
                let completed = pool.completedTasks
                guard try await check(second) == [1] else { break }
                #expect(pool.completedTasks != earlier)
                earlier = completed
                second += 61
            }
            #expect(!monitor.isHealthy)
            gate.open()
            let batches = try await stream.restOfEpoch()
            let free = try await check(second + 1)
            #expect(batches.count == 2 && free == [1] && monitor.isHealthy)
            stream.close()
        }
    }
}

import DataTypes
package import Metrics

/// The daemon's decode threads, shared by all streams, and the reader threads that wait for the disk in their stead.
///
/// **Fairness.** Every stream has a *lane* with a virtual time: the CPU time it has been charged, over its weight. A free
/// worker takes the next rows of the lane that is furthest behind, so lanes with work share the cores by weight, whatever
/// their batches cost. A lane that was idle starts level with the one served last; idleness is not saved up. Clients share in the same
/// way, whatever number of lanes each has; see `LaneQueue`.
///
/// **Threads.** Those that the storage keeps waiting are stood in for by others, see `ThreadTuner`.
package final class WorkerPool: Sendable {
    /// Decode threads that take work when the storage keeps none of them waiting.
    package let threadCount: Int
    /// What batches took so far.
    let stages: StageTimers
    private let queue: Monitor<LaneQueue>
    private let readers: Monitor<ReadQueue>
    private let threads: [WorkerThread]

    /// - Parameters:
    ///   - threads: decode threads, at least 1.
    ///   - limit: the most that there may be while they wait for the storage; nil allows no more.
    ///   - readers: threads that ask the storage for records ahead of the decoders, at least 1.
    ///   - clientSharePercent: of the decode threads that take work, as many as one client may keep busy; rounded up.
    ///   - metrics: where the times of batches go.
    package init(
        threads: Int, limit: Int? = nil, readers: Int = 2, clientSharePercent: Int = 100,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        precondition(threads >= 1 && readers >= 1 && (1...100).contains(clientSharePercent))
        stages = StageTimers(metrics: metrics)
        threadCount = threads
        let queue = Monitor(
            LaneQueue(
                threads: ThreadTuner(base: threads, limit: limit ?? threads), clientSharePercent: clientSharePercent))
        let reading = Monitor(ReadQueue())
        self.queue = queue
        self.readers = reading
        let decoders = (0..<max(threads, limit ?? threads)).map { index in
            WorkerThread(name: "decode-\(index)") { Self.decode(queue, index: index) }
        }
        let disk = (0..<readers).map { index in
            WorkerThread(name: "read-\(index)") { Self.read(reading, into: queue) }
        }
        self.threads = decoders + disk
    }

    /// Ends all threads when they have finished the rows they are at. Batches not finished are never completed.
    package func shutDown() {
        queue.withLock { $0.isClosed = true }
        readers.withLock { $0.isClosed = true }
        queue.broadcast()
        readers.broadcast()
        for thread in threads { thread.join() }
    }

    /// Tasks done since the start, those of readers included: a watchdog that sees it stand still while `hasWork` knows that the pool hangs.
    package var completedTasks: UInt64 {
        queue.withLock { $0.completedTasks } &+ readers.withLock { $0.completedRequests }
    }
    /// Batches wait behind readers that hang as well as behind decoders.
    package var hasWork: Bool { queue.withLock { $0.hasWork } || readers.withLock { $0.hasWork } }

    /// Decode threads that take work now, and the share of their time that they lately waited for the storage, which is why.
    package var threadUse: (active: Int, waitingShare: Double) {
        queue.withLock { ($0.threads.active, $0.threads.waitingShare) }
    }

    /// A new lane, of `client`.
    func makeLane(weight: Double, client: UInt64) -> LaneQueue.LaneID {
        queue.withLock { $0.addLane(weight: weight, client: client) }
    }

    /// Drops what waits in the lane. Rows under way are finished.
    func removeLane(_ lane: LaneQueue.LaneID) {
        // Freeing slabs takes a while; the workers shall not wait for it.
        _ = queue.withLock { $0.removeLane(lane) }
    }

    /// Asks the storage for the records of batches that will be executed soon in the lane.
    func readAhead(_ addresses: [BatchAddress], of source: any BatchSource, lane: LaneQueue.LaneID) {
        readers.withLock { queue in
            for address in addresses { queue.requests.append(.readAhead(source, address, lane: lane)) }
        }
        if addresses.count == 1 { readers.signal() } else { readers.broadcast() }
    }

    /// Takes back what was asked by `readAhead` and not yet done, of the batches before `address` or of all. Without, a stream
    /// that is moved again and again would make everybody's batches wait behind records that nobody wants.
    func forgetReadAhead(lane: LaneQueue.LaneID, before address: BatchAddress? = nil) {
        readers.withLock { $0.forgetReadAhead(lane: lane, before: address) }
    }

    /// Executes `job`, behind whatever was asked to be read ahead before.
    func submit(_ job: BatchJob, lane: LaneQueue.LaneID) {
        readers.withLock { $0.requests.append(.start(job, lane: lane)) }
        readers.signal()
    }

    private static func read(_ readers: Monitor<ReadQueue>, into queue: Monitor<LaneQueue>) {
        var hasFinished = false
        while let request = readers.wait({ $0.next(finishing: &hasFinished) }) {
            switch request {
            case .readAhead(let source, let address, _): source.readAhead(source.epochPlan.plan(address))
            case .start(let job, let lane):
                // Nobody wants the rows of a cancelled batch: they are not executed either.
                if !job.isCancelled.load(ordering: .relaxed) { job.source.begin(job.plan, in: job.slab) }
                queue.withLock { $0.append(job, to: lane) }
                queue.broadcast()
            }
            hasFinished = true
        }
    }

    private static func decode(_ queue: Monitor<LaneQueue>, index: Int) {
        let scratch = WorkerScratch()
        var finished: (lane: LaneQueue.LaneID, times: TaskTimes)?
        while true {
            let task: LaneQueue.Task? = queue.wait { state in
                let active = state.threads.active
                let hasFinished = finished != nil
                if let done = finished {
                    state.charge(done.times, to: done.lane)
                    finished = nil
                }
                if state.isClosed { return .some(nil) }
                let isOneTooMany = index >= state.threads.active
                // What this thread leaves, or what other threads may take from now on, is for those that sleep: they found
                // the client at its share, and nobody else would wake them before its next batch, which may be waiting for this one.
                if hasFinished, isOneTooMany || state.threads.active != active { queue.broadcast() }
                // Woken again with the next batch.
                if isOneTooMany { return nil }
                return state.takeTask().map { .some($0) }
            }
            guard let task else { return }
            finished = (task.lane, task.job.run(rows: task.rows, worker: scratch))
        }
    }
}

/// What waits for a reader thread.
struct ReadQueue {
    enum Request {
        /// Ask the storage for a batch's records.
        case readAhead(any BatchSource, BatchAddress, lane: LaneQueue.LaneID)
        /// Hand a batch to the decode threads.
        case start(BatchJob, lane: LaneQueue.LaneID)
    }

    var requests: [Request] = []
    var isClosed = false
    private(set) var completedRequests: UInt64 = 0
    private var requestsUnderWay = 0

    var hasWork: Bool { requestsUnderWay > 0 || !requests.isEmpty }

    mutating func forgetReadAhead(lane: LaneQueue.LaneID, before end: BatchAddress?) {
        requests.removeAll { request in
            guard case .readAhead(_, let address, lane) = request else { return false }
            return end.map { address < $0 } ?? true
        }
    }

    /// nil: wait. `.some(nil)`: end.
    ///
    /// - Parameter finishing: the caller has done the request that it got last; counted once.
    mutating func next(finishing: inout Bool) -> Request?? {
        if finishing {
            finishing = false
            completedRequests += 1
            requestsUnderWay -= 1
        }
        if isClosed { return .some(nil) }
        if requests.isEmpty { return nil }
        requestsUnderWay += 1
        return .some(requests.removeFirst())
    }
}

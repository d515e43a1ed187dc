/// What waits for the decode threads: per stream a lane of batches, first come first served; between a client's lanes by virtual time, and
/// between clients by theirs. A client with a hundred streams gets no more than one with a single stream, unless the other leaves it over.
struct LaneQueue {
    /// Whose lane, and which.
    struct LaneID: Sendable, Hashable {
        var client: UInt64
        var number: Int
    }

    struct Task {
        var lane: LaneID
        var job: BatchJob
        var rows: Range<Int>
    }

    private struct Lane {
        var weight: Double
        /// Charged nanoseconds over weight.
        var virtualTime: Double
        var jobs: [BatchJob] = []
        /// First row of `jobs[0]` that no worker has taken.
        var nextRow = 0
    }

    /// The lanes of one client.
    private struct Share {
        var lanes: [Int: Lane] = [:]
        /// Charged nanoseconds.
        var virtualTime = 0.0
        /// The virtual time of the lane served last: where a lane starts that has been idle.
        var clock = 0.0
        var tasksUnderWay = 0

        var hasWork: Bool { lanes.values.contains { !$0.jobs.isEmpty } }

        mutating func append(_ job: BatchJob, to number: Int) {
            guard var lane = lanes.removeValue(forKey: number) else { return }
            if lane.jobs.isEmpty { lane.virtualTime = max(lane.virtualTime, clock) }
            lane.jobs.append(job)
            lanes[number] = lane
        }

        /// The next rows of the lane that is furthest behind. There must be work.
        mutating func takeRows() -> (lane: Int, job: BatchJob, rows: Range<Int>) {
            let candidate = lanes.lazy.filter { !$0.value.jobs.isEmpty }
                .min { ($0.value.virtualTime, $0.key) < ($1.value.virtualTime, $1.key) }
            // Taken out, so that it is changed where it is.
            guard let number = candidate?.key, var lane = lanes.removeValue(forKey: number) else {
                preconditionFailure("no lane has work")
            }
            clock = max(clock, lane.virtualTime)
            let job = lane.jobs[0]
            let count = job.plan.slots.count
            let start = lane.nextRow
            let end = min(start + job.source.slotsPerTask, count)
            if end == count {
                lane.jobs.removeFirst()
                lane.nextRow = 0
            } else {
                lane.nextRow = end
            }
            lanes[number] = lane
            return (number, job, start..<end)
        }

        mutating func charge(_ nanoseconds: UInt64, to number: Int) {
            tasksUnderWay -= 1
            virtualTime += Double(nanoseconds)
            guard let weight = lanes[number]?.weight else { return }
            lanes[number]?.virtualTime += Double(nanoseconds) / weight
        }
    }

    private var shares: [UInt64: Share] = [:]
    private var lastNumber = 0
    /// The virtual time of the client served last: where a client starts that has been idle.
    private var clock = 0.0
    private let clientSharePercent: Int
    private(set) var threads: ThreadTuner
    var isClosed = false
    private(set) var completedTasks: UInt64 = 0
    private var tasksUnderWay = 0

    init(threads: ThreadTuner = ThreadTuner(base: 1, limit: 1), clientSharePercent: Int = 100) {
        self.threads = threads
        self.clientSharePercent = clientSharePercent
    }

    var hasWork: Bool { tasksUnderWay > 0 || shares.values.contains(where: \.hasWork) }

    mutating func addLane(weight: Double, client: UInt64 = 0) -> LaneID {
        lastNumber += 1
        shares[client, default: Share()].lanes[lastNumber] = Lane(weight: weight, virtualTime: 0)
        return LaneID(client: client, number: lastNumber)
    }

    /// - Returns: what waited in the lane, for the caller to let go of.
    mutating func removeLane(_ lane: LaneID) -> [BatchJob] {
        let removed = shares[lane.client]?.lanes.removeValue(forKey: lane.number)
        forgetIfEmpty(lane.client)
        return removed?.jobs ?? []
    }

    /// A client without lanes, when nothing of it is under way: tasks are counted to their end.
    private mutating func forgetIfEmpty(_ client: UInt64) {
        guard let share = shares[client], share.lanes.isEmpty, share.tasksUnderWay == 0 else { return }
        shares[client] = nil
    }

    /// Adds `job`; it is dropped when its lane has gone.
    mutating func append(_ job: BatchJob, to lane: LaneID) {
        guard shares[lane.client]?.lanes[lane.number] != nil, var share = shares.removeValue(forKey: lane.client) else {
            return
        }
        if !share.hasWork { share.virtualTime = max(share.virtualTime, clock) }
        share.append(job, to: lane.number)
        shares[lane.client] = share
    }

    /// The next rows of the lane that is furthest behind, of the client that is furthest behind; nil when there is no work, or none but of
    /// clients that have their share of the threads.
    mutating func takeTask() -> Task? {
        let most = (threads.active * clientSharePercent + 99) / 100
        let candidate = shares.lazy.filter { $0.value.tasksUnderWay < most && $0.value.hasWork }
            .min { ($0.value.virtualTime, $0.key) < ($1.value.virtualTime, $1.key) }
        // Taken out, so that they are changed where they are.
        guard let client = candidate?.key, var share = shares.removeValue(forKey: client) else { return nil }
        clock = max(clock, share.virtualTime)
        share.tasksUnderWay += 1
        tasksUnderWay += 1
        let (number, job, rows) = share.takeRows()
        shares[client] = share
        return Task(lane: LaneID(client: client, number: number), job: job, rows: rows)
    }

    mutating func charge(_ task: TaskTimes, to lane: LaneID) {
        tasksUnderWay -= 1
        completedTasks += 1
        threads.charge(task)
        shares[lane.client]?.charge(task.cpu, to: lane.number)
        forgetIfEmpty(lane.client)
    }
}

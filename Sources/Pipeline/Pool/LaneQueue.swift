/// What waits for the decode threads: per stream a lane of batches, first come first served; between lanes by virtual time.
struct LaneQueue {
    struct Task {
        var lane: Int
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

    private var lanes: [Int: Lane] = [:]
    private var nextIdentifier = 0
    /// The virtual time of the lane served last: where a lane starts that has been idle.
    private var clock = 0.0
    private(set) var threads: ThreadTuner
    var isClosed = false
    private(set) var completedTasks: UInt64 = 0
    private var tasksUnderWay = 0

    init(threads: ThreadTuner = ThreadTuner(base: 1, limit: 1)) { self.threads = threads }

    var hasWork: Bool { tasksUnderWay > 0 || lanes.values.contains { !$0.jobs.isEmpty } }

    mutating func addLane(weight: Double) -> Int {
        nextIdentifier += 1
        lanes[nextIdentifier] = Lane(weight: weight, virtualTime: 0)
        return nextIdentifier
    }

    /// - Returns: what waited in the lane, for the caller to let go of.
    mutating func removeLane(_ identifier: Int) -> [BatchJob] { lanes.removeValue(forKey: identifier)?.jobs ?? [] }

    /// Adds `job`; it is dropped when its lane has gone.
    mutating func append(_ job: BatchJob, to identifier: Int) {
        guard var lane = lanes[identifier] else { return }
        if lane.jobs.isEmpty { lane.virtualTime = max(lane.virtualTime, clock) }
        lane.jobs.append(job)
        lanes[identifier] = lane
    }

    /// The next rows of the lane that is furthest behind, or nil when no lane has work.
    mutating func takeTask() -> Task? {
        let candidate = lanes.lazy.filter { !$0.value.jobs.isEmpty }
            .min { ($0.value.virtualTime, $0.key) < ($1.value.virtualTime, $1.key) }
        guard let identifier = candidate?.key, var lane = lanes[identifier] else { return nil }
        clock = max(clock, lane.virtualTime)
        let job = lane.jobs[0]
        let count = job.plan.slots.count
        let end = min(lane.nextRow + job.source.slotsPerTask, count)
        let task = Task(lane: identifier, job: job, rows: lane.nextRow..<end)
        if end == count {
            lane.jobs.removeFirst()
            lane.nextRow = 0
        } else {
            lane.nextRow = end
        }
        lanes[identifier] = lane
        tasksUnderWay += 1
        return task
    }

    mutating func charge(_ task: TaskTimes, to identifier: Int) {
        tasksUnderWay -= 1
        completedTasks += 1
        threads.charge(task)
        guard let weight = lanes[identifier]?.weight else { return }
        lanes[identifier]?.virtualTime += Double(task.cpu) / weight
    }
}

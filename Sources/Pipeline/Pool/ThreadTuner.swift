/// How many decode threads take work: one a core as long as they compute, more while the storage makes them wait.
///
/// A thread that waits for a read leaves its core idle. When threads spend the share `s` of their time so, `base / (1 - s)` of
/// them keep `base` cores busy; that many take work, up to the limit. Threads that wait for a core are no reason for more.
struct ThreadTuner {
    let base: Int
    let limit: Int
    /// Threads that may take work now.
    private(set) var active: Int
    /// The share of their time that the threads have lately spent waiting for the storage, 0 to 1.
    private(set) var waitingShare = 0.0
    /// Time over which one measurement is taken, all threads together.
    private static let windowNanoseconds: UInt64 = 200_000_000
    /// Weight of a new measurement: a slow read now and then changes little.
    private static let newWeight = 0.25
    private var wall: UInt64 = 0
    private var waited: UInt64 = 0

    init(base: Int, limit: Int) {
        self.base = base
        self.limit = max(limit, base)
        active = base
    }

    mutating func charge(_ task: TaskTimes) {
        wall += task.wall
        waited += task.waited
        guard wall >= Self.windowNanoseconds else { return }
        waitingShare += (Double(waited) / Double(wall) - waitingShare) * Self.newWeight
        wall = 0
        waited = 0
        let share = min(max(waitingShare, 0), 0.99)
        active = min(limit, base + Int(Double(base) * share / (1 - share)))
    }
}

/// What one task of a decode thread took, in nanoseconds.
struct TaskTimes {
    /// CPU time: what the task's stream is charged.
    var cpu: UInt64
    /// Time on the clock.
    var wall: UInt64
    /// Time spent in reads without computing.
    var waited: UInt64
}

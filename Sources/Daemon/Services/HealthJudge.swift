/// Decides from regular observations whether the daemon moves: a value, without clock or threads.
struct HealthJudge: Sendable {
    struct Observation: Sendable {
        /// Since any fixed moment.
        var nowSeconds: Double
        /// Every event loop has answered the question of the last observation.
        var loopsAnswered: Bool
        /// Tasks that decode and reader threads have done since the start.
        var completedTasks: UInt64
        var hasWork: Bool
    }

    /// How long threads may have work and finish nothing. A read from a network file system may well take a minute before it fails.
    let patienceSeconds: Double
    private var lastCompleted: UInt64 = 0
    /// When the threads were last seen to move, or to have nothing to do.
    private var lastMoveSeconds: Double?

    init(patienceSeconds: Double) { self.patienceSeconds = patienceSeconds }

    /// What is wrong, or nil.
    mutating func judge(_ observation: Observation) -> String? {
        if observation.completedTasks != lastCompleted || !observation.hasWork || lastMoveSeconds == nil {
            lastCompleted = observation.completedTasks
            lastMoveSeconds = observation.nowSeconds
        }
        if !observation.loopsAnswered { return "an event loop does not answer" }
        let still = observation.nowSeconds - (lastMoveSeconds ?? observation.nowSeconds)
        guard still < patienceSeconds else {
            return "the decode and reader threads have had work and finished nothing for \(Int(still)) s"
        }
        return nil
    }
}

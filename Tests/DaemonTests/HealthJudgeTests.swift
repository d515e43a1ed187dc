import Testing

@testable import Daemon

@Suite("Health") struct HealthJudgeTests {
    /// Seconds, loops answered, tasks done, work waiting, healthy?
    typealias Step = (Double, Bool, UInt64, Bool, Bool)

    @Test(
        "the daemon is healthy while loops answer and threads with work get something done",
        arguments: [
            // Idle for hours.
            [(0, true, 0, false, true), (10_000, true, 0, false, true)],
            // Slow, but moving.
            [(0, true, 0, true, true), (50, true, 1, true, true), (100, true, 2, true, true)],
            // Stands still, then moves again.
            [
                (0, true, 5, true, true), (59, true, 5, true, true), (60, true, 5, true, false),
                (70, true, 6, true, true),
            ],
            // The count of stillness begins with the work.
            [
                (0, true, 5, false, true), (100, true, 5, false, true), (110, true, 5, true, true),
                (159, true, 5, true, true),
                (161, true, 5, true, false),
            ],
            // An event loop hangs.
            [(0, true, 0, false, true), (10, false, 0, false, false), (20, true, 0, false, true)],
        ] as [[Step]])
    func judge(steps: [Step]) {
        var judge = HealthJudge(patienceSeconds: 60)
        for step in steps {
            let complaint = judge.judge(
                HealthJudge.Observation(
                    nowSeconds: step.0, loopsAnswered: step.1, completedTasks: step.2, hasWork: step.3))
            #expect((complaint == nil) == step.4, "at \(step.0) s: \(complaint ?? "healthy")")
        }
    }
}

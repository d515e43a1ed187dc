/// Keeps a flood of like events from flooding the log: the first few pass, then one in each interval.
struct LogLimiter {
    static let burst = 10
    static let interval = Duration.seconds(10)
    private var passed = 0
    private var suppressed = 0
    private var nextAt = ContinuousClock.now

    /// - Returns: nil when the event shall not be logged, else how many were held back since the last that was.
    mutating func admit(now: ContinuousClock.Instant) -> Int? {
        if passed < Self.burst {
            passed += 1
            nextAt = now + Self.interval
            return 0
        }
        guard now >= nextAt else {
            suppressed += 1
            return nil
        }
        nextAt = now + Self.interval
        defer { suppressed = 0 }
        return suppressed
    }
}

/// How often connections may come: so many a second, and so many at once after a pause.
///
/// A value that keeps no state itself: what has been used up is one point in time, kept by the caller for each that shares a rate. A
/// point in the past, or none, means that nothing is used up, so nobody need be remembered who has been quiet for a while.
struct ConnectRate: Sendable {
    let perSecond: Int
    private let interval: Duration
    private let most: Duration

    /// - Parameter burst: connections that may come at once.
    init(perSecond: Int, burst: Int) {
        precondition(perSecond >= 1 && burst >= 1)
        self.perSecond = perSecond
        interval = .nanoseconds(1_000_000_000 / perSecond)
        most = interval * burst
    }

    /// - Parameter whole: when all that was used up will have come back.
    /// - Returns: the same with one connection more; nil when it is one too many.
    func after(_ whole: ContinuousClock.Instant?, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let next = max(whole ?? now, now) + interval
        return next - now > most ? nil : next
    }
}

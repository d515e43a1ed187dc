/// How long a stream has waited for what.
struct WaitClock {
    private(set) var cause = WaitCause.credit
    private var since = ContinuousClock.now
    private var nanoseconds: [WaitCause: UInt64] = [:]

    /// The stream waits for `cause` from `now` on.
    mutating func change(to cause: WaitCause, now: ContinuousClock.Instant) {
        guard cause != self.cause else { return }
        nanoseconds[self.cause, default: 0] += Self.nanoseconds(from: since, to: now)
        self.cause = cause
        since = now
    }

    /// Nanoseconds by cause up to `now`.
    func waited(now: ContinuousClock.Instant) -> [WaitCause: UInt64] {
        var sum = nanoseconds
        sum[cause, default: 0] += Self.nanoseconds(from: since, to: now)
        return sum
    }

    private static func nanoseconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> UInt64 {
        let (seconds, attoseconds) = (end - start).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}

import Glibc

/// Nanoseconds on the clock that never goes back.
package func monotonicNanoseconds() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

/// CPU nanoseconds that the calling thread has used.
package func threadCPUNanoseconds() -> UInt64 { nanoseconds(CLOCK_THREAD_CPUTIME_ID) }

/// CPU nanoseconds that all threads of this process have used.
package func processCPUNanoseconds() -> UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

private func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Splits the time of a task into stages.
package struct StageClock {
    private var last = monotonicNanoseconds()

    package init() {}

    /// Nanoseconds since the last call, or since the start.
    package mutating func lap() -> UInt64 {
        let now = monotonicNanoseconds()
        defer { last = now }
        return now - last
    }
}

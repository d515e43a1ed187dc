import Glibc

/// The time of day, for people. Deadlines use the continuous clock.
enum WallClock {
    /// Seconds since 1970-01-01 UTC.
    static var nowSeconds: Double {
        var time = timespec()
        // The call fills the struct it is given and keeps no pointer.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

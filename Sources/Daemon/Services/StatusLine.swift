internal import Server
internal import Synchronization

/// The line of `systemctl status`: what is served, how fast, and whether trainers wait for it; the latter two since the
/// line before.
final class StatusLine: Sendable {
    private struct Reading {
        var seconds: Double
        var samples: UInt64
        var waitedNanoseconds: UInt64
    }
    private let last: Mutex<Reading>

    /// - Parameter nowSeconds: the time, by a clock of the caller's choice.
    init(nowSeconds: Double) {
        last = Mutex(Reading(seconds: nowSeconds, samples: 0, waitedNanoseconds: 0))
    }

    /// `serving: 3 clients, 2 streams, 5210 samples/s, waiting for data 4 % of the time`.
    ///
    /// The share is that of all streams' time; it is left out when there is no stream.
    func text(isDraining: Bool, clients: Int, streams: Int, counters: ServerCounters, nowSeconds: Double) -> String {
        let now = Reading(
            seconds: nowSeconds, samples: counters.samplesSent,
            waitedNanoseconds: counters.waitedNanoseconds[.decode] ?? 0)
        let before = last.withLock { last in
            defer { last = now }
            return last
        }
        let seconds = max(now.seconds - before.seconds, 0.001)
        let samples = Double(now.samples - min(now.samples, before.samples)) / seconds
        var text = "\(isDraining ? "draining" : "serving"): \(clients) clients, \(streams) streams"
        text += ", \(Int(samples.rounded())) samples/s"
        if streams > 0 {
            // Streams closed since the line before have waited too.
            let waited =
                Double(now.waitedNanoseconds - min(now.waitedNanoseconds, before.waitedNanoseconds)) / 1e9
            let percent = min(100, 100 * waited / (seconds * Double(streams)))
            text += ", waiting for data \(Int(percent.rounded())) % of the time"
        }
        return text
    }
}

import Server
import Testing

@testable import Daemon

@Suite("The status line")
struct StatusLineTests {
    private static func counters(samples: UInt64, waitedSeconds: Double) -> ServerCounters {
        var counters = ServerCounters()
        counters.samplesSent = samples
        counters.waitedNanoseconds[.decode] = UInt64(waitedSeconds * 1e9)
        return counters
    }

    @Test("figures are those since the line before, not since the start")
    func rates() {
        let line = StatusLine(nowSeconds: 100)
        #expect(
            line.text(
                isDraining: false, clients: 3, streams: 2, counters: Self.counters(samples: 5000, waitedSeconds: 1),
                nowSeconds: 110)
                == "serving: 3 clients, 2 streams, 500 samples/s, waiting for data 5 % of the time")
        #expect(
            line.text(
                isDraining: false, clients: 3, streams: 1, counters: Self.counters(samples: 5100, waitedSeconds: 11),
                nowSeconds: 120)
                == "serving: 3 clients, 1 streams, 10 samples/s, waiting for data 100 % of the time")
    }

    @Test("without streams nobody waits, and no time between two lines is no trap")
    func edges() {
        let line = StatusLine(nowSeconds: 0)
        let counters = Self.counters(samples: 0, waitedSeconds: 0)
        #expect(
            line.text(isDraining: true, clients: 0, streams: 0, counters: counters, nowSeconds: 0)
                == "draining: 0 clients, 0 streams, 0 samples/s")
        #expect(
            line.text(
                isDraining: false, clients: 9, streams: 2, counters: Self.counters(samples: 1, waitedSeconds: 9),
                nowSeconds: 0)
                == "serving: 9 clients, 2 streams, 1000 samples/s, waiting for data 100 % of the time")
    }
}

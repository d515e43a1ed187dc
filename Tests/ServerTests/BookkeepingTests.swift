import DataTypes
import Testing

@testable import Server

@Suite("Bookkeeping")
struct BookkeepingTests {
    @Test("a flood of log lines is thinned, and what was held back is counted")
    func logLimiter() {
        var limiter = LogLimiter()
        let start = ContinuousClock.now
        for _ in 0..<LogLimiter.burst { #expect(limiter.admit(now: start) == 0) }
        for _ in 0..<7 { #expect(limiter.admit(now: start + .seconds(1)) == nil) }
        #expect(limiter.admit(now: start + LogLimiter.interval) == 7)
        #expect(limiter.admit(now: start + LogLimiter.interval) == nil)
        #expect(limiter.admit(now: start + LogLimiter.interval * 2) == 1)
    }

    @Test("the latest bad records are kept, oldest first", arguments: [0, 1, 256, 257, 1000])
    func badRecordRing(count: Int) {
        var ring = BadRecordRing()
        for ordinal in 0..<count {
            ring.append(
                BadRecordReport(
                    atSeconds: 0, clientID: 1, streamID: 1, address: BatchAddress(epoch: 0, step: 0),
                    record: BadRecord(reason: "bad_image", message: "", file: "", offset: 0, ordinal: ordinal)))
        }
        #expect(ring.inOrder.map(\.record.ordinal) == Array(max(0, count - BadRecordRing.capacity)..<count))
    }

    @Test("a client's text cannot move the cursor or fill the log")
    func logText() {
        #expect(LogText.clean("run\u{1B}[2J\n\u{9B}17 \u{e9}") == "run[2J17 \u{e9}")
        #expect(LogText.clean(String(repeating: "x", count: 1_000_000)).count == 512)
    }

    @Test("waiting is added up by cause")
    func waitClock() {
        var clock = WaitClock()
        let start = ContinuousClock.now + .seconds(10)
        clock.change(to: .decode, now: start)
        clock.change(to: .decode, now: start + .seconds(1))
        clock.change(to: .socket, now: start + .seconds(3))
        clock.change(to: .decode, now: start + .seconds(4))
        let waited = clock.waited(now: start + .seconds(9))
        #expect(clock.cause == .decode)
        #expect(waited[.decode] == 8_000_000_000 && waited[.socket] == 1_000_000_000)
        #expect((waited[.credit] ?? 0) > 0 && waited[.reset] == nil)
    }

    @Test("sums of closed streams hold no queue and no memory")
    func statisticsSum() {
        var one = StreamStatistics()
        one.batches = 3
        one.decodeNanoseconds = 5
        one.memoryBytes = 7
        var closed = StreamStatistics()
        closed.add(one)
        #expect(closed.batches == 3 && closed.decodeNanoseconds == 5 && closed.memoryBytes == 0)
        closed.add(one, isOpen: true)
        #expect(closed.batches == 6 && closed.memoryBytes == 7)
    }
}

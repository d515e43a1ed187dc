import Testing

@testable import Server

@Suite("Connections a second")
struct ConnectRateTests {
    let start = ContinuousClock.now

    @Test("after a pause a burst is allowed, and then so many a second")
    func burst() {
        let rate = ConnectRate(perSecond: 10, burst: 3)
        var whole: ContinuousClock.Instant?
        func connects(after milliseconds: Int) -> Bool {
            guard let next = rate.after(whole, now: start + .milliseconds(milliseconds)) else { return false }
            whole = next
            return true
        }
        #expect((0..<5).map { _ in connects(after: 0) } == [true, true, true, false, false])
        #expect(!connects(after: 99))
        #expect(connects(after: 100) && !connects(after: 100))
        // Refusals use up nothing.
        #expect(connects(after: 200) && !connects(after: 299) && connects(after: 300))
        #expect((0..<4).map { _ in connects(after: 10_000) } == [true, true, true, false])
    }

    @Test("a second takes as many as are allowed, at any rate", arguments: [1, 7, 100, 1_000_000])
    func longRun(perSecond: Int) {
        let rate = ConnectRate(perSecond: perSecond, burst: 1)
        var whole: ContinuousClock.Instant?
        var taken = 0
        // Asked ten times as often as is allowed, for as long as a hundred take.
        for turn in 0..<1000 {
            let now = start + .nanoseconds((turn * 100_000_000 + perSecond - 1) / perSecond)
            guard let next = rate.after(whole, now: now) else { continue }
            whole = next
            taken += 1
        }
        #expect((99...101).contains(taken))
    }
}

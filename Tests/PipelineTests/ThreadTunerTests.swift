import Testing

@testable import Pipeline

struct ThreadTunerTests {
    private func tuner(waitedOfTen waited: UInt64, base: Int = 4, limit: Int = 12) -> ThreadTuner {
        var tuner = ThreadTuner(base: base, limit: limit)
        for _ in 0..<10_000 {
            tuner.charge(TaskTimes(cpu: 1, wall: 10_000_000, waited: waited * 1_000_000))
        }
        return tuner
    }

    @Test("as many threads more as keep the cores busy while others wait for the storage, up to the limit")
    func share() {
        #expect(tuner(waitedOfTen: 0).active == 4)
        #expect(tuner(waitedOfTen: 1).active == 4)
        #expect(tuner(waitedOfTen: 3).active == 5)
        #expect(tuner(waitedOfTen: 5).active == 7 || tuner(waitedOfTen: 5).active == 8)
        #expect(tuner(waitedOfTen: 9).active == 12)
        #expect(tuner(waitedOfTen: 10).active == 12)
        #expect(tuner(waitedOfTen: 10, base: 4, limit: 1).active == 4)
        #expect(abs(tuner(waitedOfTen: 5).waitingShare - 0.5) < 0.01)
    }

    @Test("one slow read changes nothing, and threads go when the storage is quick again")
    func recovery() {
        var tuner = tuner(waitedOfTen: 0)
        tuner.charge(TaskTimes(cpu: 0, wall: 100_000_000, waited: 100_000_000))
        #expect(tuner.active == 4)
        tuner = self.tuner(waitedOfTen: 9)
        for _ in 0..<10_000 { tuner.charge(TaskTimes(cpu: 1, wall: 10_000_000, waited: 0)) }
        #expect(tuner.active == 4 && tuner.waitingShare < 0.01)
    }
}

import DataTypes
import Server
import Testing

@testable import Daemon

@Suite("Wait times") struct WaitTimesTests {
    @Test("a wait for a batch is shared out between the storage and the decoders, and counted once")
    func sharesOut() {
        var statistics = StreamStatistics()
        statistics.starvedNanoseconds = 10_000_000_000
        statistics.storageNanoseconds = 4_000_000_000
        let seconds = WaitTimes.seconds([.credit: 2, .decode: 11, .socket: 3, .pause: 1], statistics)
        #expect(seconds == ["credit": 2, "storage": 4, "decode": 6, "network": 3, "pause": 1, "reset": 0])
    }

    @Test("every cause is there before anybody has waited for it")
    func complete() {
        let seconds = WaitTimes.seconds([:], StreamStatistics())
        #expect(seconds == ["credit": 0, "storage": 0, "decode": 0, "network": 0, "pause": 0, "reset": 0])
    }
}

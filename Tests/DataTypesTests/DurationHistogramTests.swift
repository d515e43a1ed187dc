import DataTypes
import Testing

@Suite("Duration histogram") struct DurationHistogramTests {
    @Test(
        "a duration falls into the first bucket that holds it",
        arguments: [
            (UInt64(0), 0), (100_000, 0), (100_001, 1), (1_000_000, 2), (30_000_000_000, 11), (30_000_000_001, 12),
            (.max, 12),
        ])
    func buckets(nanoseconds: UInt64, bucket: Int) {
        let histogram = DurationHistogram()
        histogram.record(nanoseconds: nanoseconds)
        let counts = histogram.figures.counts
        #expect(counts.count == DurationHistogram.boundsSeconds.count + 1)
        #expect(counts.indices.filter { counts[$0] == 1 } == [bucket])
        #expect(counts.reduce(0, +) == 1)
    }

    @Test("nothing is lost when many threads count")
    func threads() async {
        let histogram = DurationHistogram()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1000 { histogram.record(nanoseconds: 2_000_000) } }
            }
        }
        let figures = histogram.figures
        #expect(figures.counts[3] == 8000 && figures.counts.reduce(0, +) == 8000)
        #expect(abs(figures.sumSeconds - 16) < 1e-9)
    }

    @Test(
        "reading's part of a wait",
        arguments: [(0, 0, 0), (1, 0, 1000), (1, 3, 250), (3, 1, 750), (0, 5, 0)] as [(UInt64, UInt64, UInt64)])
    func share(read: UInt64, decode: UInt64, expected: UInt64) {
        var times = StageTimes()
        times.read = read
        times.decode = decode
        #expect(times.readShare(of: 1000) == expected)
    }
}

import Synchronization

/// How long things took, in fixed buckets. Counted by any thread without a lock; read at any time.
package final class DurationHistogram: Sendable {
    /// Upper bounds of the buckets; one more, behind them, takes what lasts longer. From a batch of small rows to one that
    /// waits for a slow file server.
    package static let boundsSeconds: [Double] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

    private let counts: [13 of Atomic<UInt64>]
    private let sumNanoseconds = Atomic<UInt64>(0)

    package init() { counts = InlineArray { _ in Atomic(0) } }

    package func record(nanoseconds: UInt64) {
        let seconds = Double(nanoseconds) / 1e9
        let bucket = Self.boundsSeconds.firstIndex { seconds <= $0 } ?? Self.boundsSeconds.count
        counts[bucket].add(1, ordering: .relaxed)
        sumNanoseconds.add(nanoseconds, ordering: .relaxed)
    }

    package var figures: HistogramFigures {
        HistogramFigures(
            counts: counts.indices.map { counts[$0].load(ordering: .relaxed) },
            sumSeconds: Double(sumNanoseconds.load(ordering: .relaxed)) / 1e9)
    }
}

/// A histogram at one moment.
package struct HistogramFigures: Sendable, Hashable {
    /// One for each of `DurationHistogram.boundsSeconds`, not added up, and one for what lasted longer.
    package var counts: [UInt64]
    package var sumSeconds: Double

    package init(counts: [UInt64], sumSeconds: Double) {
        self.counts = counts
        self.sumSeconds = sumSeconds
    }
}

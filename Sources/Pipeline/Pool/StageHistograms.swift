package import DataTypes

/// The thread time that batches took, stage by stage, of all streams of a pool.
package final class StageHistograms: Sendable {
    package let read = DurationHistogram()
    package let decode = DurationHistogram()
    package let augment = DurationHistogram()

    /// One batch, all its rows together.
    func record(_ times: StageTimes) {
        read.record(nanoseconds: times.read)
        decode.record(nanoseconds: times.decode)
        augment.record(nanoseconds: times.augment)
    }
}

internal import DataTypes
package import Metrics

/// The thread time that batches took, stage by stage, of all streams of a pool: series `headrace_stage_seconds` of the
/// swift-metrics API. Without a backend they count nothing and cost next to nothing.
package struct StageTimers: Sendable {
    /// The name of the series; the label `stage` says which.
    package static let name = "headrace_stage_seconds"

    private let read: Metrics.Timer
    private let decode: Metrics.Timer
    private let augment: Metrics.Timer

    init(metrics: any MetricsFactory) {
        read = Self.timer(stage: "read", metrics: metrics)
        decode = Self.timer(stage: "decode", metrics: metrics)
        augment = Self.timer(stage: "augment", metrics: metrics)
    }

    /// Also for stages that lie behind the pool.
    package static func timer(stage: String, metrics: any MetricsFactory) -> Metrics.Timer {
        Metrics.Timer(label: name, dimensions: [("stage", stage)], factory: metrics)
    }

    /// One batch, all its rows together.
    func record(_ times: StageTimes) {
        read.recordNanoseconds(times.read)
        decode.recordNanoseconds(times.decode)
        augment.recordNanoseconds(times.augment)
    }
}

internal import CoreMetrics
internal import DataTypes

final class TimerSeries: MetricSeries, TimerHandler {
    private let histogram = DurationHistogram()

    var reading: MetricReading { .durations(histogram.figures) }

    func recordNanoseconds(_ duration: Int64) { histogram.record(nanoseconds: UInt64(max(duration, 0))) }
}

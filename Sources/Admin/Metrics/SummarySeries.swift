internal import CoreMetrics
internal import Synchronization

/// How many values there were and their sum: buckets would need to know what is measured.
final class SummarySeries: MetricSeries, RecorderHandler {
    private let total = Mutex((sum: 0.0, count: UInt64(0)))

    var reading: MetricReading { total.withLock { .summary(sum: $0.sum, count: $0.count) } }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        total.withLock {
            $0.sum += value
            $0.count += 1
        }
    }
}

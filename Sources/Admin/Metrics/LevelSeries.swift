internal import CoreMetrics
internal import Synchronization

/// The last value, whichever way it was set.
final class LevelSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let level = Mutex(0.0)

    var reading: MetricReading { .value(level.withLock { $0 }) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { level.withLock { $0 = value } }
    func increment(by amount: Double) { level.withLock { $0 += amount } }
    func decrement(by amount: Double) { level.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
}

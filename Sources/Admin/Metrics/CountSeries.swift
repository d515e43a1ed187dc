internal import CoreMetrics
internal import Synchronization

final class CountSeries: MetricSeries, CounterHandler {
    private let count = Atomic<UInt64>(0)

    var reading: MetricReading { .value(Double(count.load(ordering: .relaxed))) }

    /// What is less than 0 is no increment, and would go round.
    func increment(by amount: Int64) { count.add(UInt64(max(amount, 0)), ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
}

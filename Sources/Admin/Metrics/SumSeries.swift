internal import CoreMetrics
internal import Synchronization

final class SumSeries: MetricSeries, FloatingPointCounterHandler {
    private let sum = Mutex(0.0)

    var reading: MetricReading { .value(sum.withLock { $0 }) }

    func increment(by amount: Double) { if amount > 0, amount.isFinite { sum.withLock { $0 += amount } } }
    func reset() { sum.withLock { $0 = 0 } }
}

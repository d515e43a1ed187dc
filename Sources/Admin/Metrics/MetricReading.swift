package import DataTypes

/// A series at one moment.
package enum MetricReading: Sendable, Hashable {
    case value(Double)
    case durations(HistogramFigures)
    case summary(sum: Double, count: UInt64)
}

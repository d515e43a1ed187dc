/// Series of one name, which differ in their labels, at one moment.
package struct MetricFamily: Sendable, Hashable {
    /// As Prometheus calls them.
    package enum Kind: String, Sendable { case counter, gauge, histogram, summary }

    package var name: String
    package var kind: Kind
    /// By their labels, as they are written: `stage="read"`.
    package var series: [String: MetricReading]
}

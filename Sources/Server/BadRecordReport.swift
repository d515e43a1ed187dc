package import DataTypes

/// A bad record that a client was told of.
package struct BadRecordReport: Sendable {
    /// Seconds since 1970-01-01 UTC.
    package var atSeconds: Double
    package var clientID: UInt64
    package var streamID: UInt64
    package var dataset: String?
    package var address: BatchAddress
    package var record: BadRecord
}

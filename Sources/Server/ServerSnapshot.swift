package import DataTypes

/// The server at one moment, for status pages and metrics.
package struct ServerSnapshot: Sendable {
    /// Bound addresses: `unix:/run/headrace/data.sock`, `tcp://127.0.0.1:9347`.
    package var listeners: [String]
    package var isDraining: Bool
    /// In the order in which they connected.
    package var clients: [ClientSnapshot]
    package var streams: [StreamSnapshot]
    package var counters: ServerCounters
    /// What all streams have done, those that are closed included. Its counters only grow; queue and memory are those
    /// of the streams that are open.
    package var totals: StreamStatistics
    /// The same by data set; "" for streams opened by iterator.
    package var datasetTotals: [String: StreamStatistics]
    /// The latest bad records, oldest first.
    package var badRecords: [BadRecordReport]
}

internal import DataTypes
internal import Server

/// What streams waited for, under the names of pages and metrics.
enum WaitTimes {
    /// Splits the time waited for batches into that for the storage and that for the decoders. Both are counted when a wait
    /// is over and its cause is known, so that neither ever goes back.
    static func seconds(_ waited: [WaitCause: Double], _ statistics: StreamStatistics) -> [String: Double] {
        // All of them, so that a name that is missing is no cause to wonder.
        var seconds = Dictionary(
            WaitCause.allCases.lazy.map { ($0.reportName, waited[$0] ?? 0) }, uniquingKeysWith: +)
        let storage = min(statistics.storageNanoseconds, statistics.starvedNanoseconds)
        seconds["storage"] = DaemonControl.seconds(storage)
        seconds["decode"] = DaemonControl.seconds(statistics.starvedNanoseconds - storage)
        return seconds
    }
}

extension WaitCause {
    /// `network` also covers a Unix socket whose client does not read.
    var reportName: String { self == .socket ? "network" : rawValue }
}

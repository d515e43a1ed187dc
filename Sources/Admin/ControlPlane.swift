/// All that the admin pages know of the daemon, and all that they can do to it.
///
/// Every call may come from any thread, and none but `reload` may block.
package protocol ControlPlane: Sendable {
    func status() -> StatusReport
    func streams() -> [StreamReport]
    func clients() -> [ClientReport]
    func datasets() -> [DatasetReport]
    /// The latest, oldest first.
    func badRecords() -> [BadRecordEntry]
    func metrics() -> MetricsReport
    func configuration() -> ConfigurationReport
    var logLevel: String { get }
    /// Until the next reload or restart. False when there is no such level.
    func setLogLevel(_ level: String) -> Bool
    // These begin, and return false when there is no stream or client of that number.
    func stop(stream id: UInt64) -> Bool
    func pause(stream id: UInt64) -> Bool
    func resume(stream id: UInt64) -> Bool
    func disconnect(client id: UInt64) -> Bool
    /// The event loops and the decode threads do their work: what a liveness probe asks.
    var isHealthy: Bool { get }
    /// Clients can connect and open streams: what a readiness probe asks.
    var isReady: Bool { get }
    /// Begins a graceful stop; a second call changes nothing.
    func drain()
    /// Reads the configuration again.
    ///
    /// - Throws: `ReloadRefusal` when the new configuration is not usable; the old one stays in force.
    func reload() async throws(ReloadRefusal) -> ReloadReport
}

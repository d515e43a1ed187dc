/// `/v1/log-level`: what is asked for, and what is in force.
package struct LogLevelReport: Codable, Sendable, Hashable {
    /// `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`.
    package var level: String

    package init(level: String) { self.level = level }
}

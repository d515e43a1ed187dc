internal import Logging

/// Where log entries end up.
protocol LogSink: Sendable {
    /// Writes one entry. Never fails and never waits longer than the write does: logging must not stop the daemon.
    func write(_ entry: LogEntry)
}

/// One log entry, ready to be written.
struct LogEntry: Sendable {
    var level: Logger.Level
    /// The part of the daemon that speaks: `server`, `admin`.
    var label: String
    var message: String
    /// Sorted by name.
    var fields: [(name: String, value: String)]
}

internal import Logging
internal import Synchronization

/// What every logger of the daemon shares: the level, which a reload can change, and where lines go.
final class LogSettings: Sendable {
    private let levelState: Mutex<Logger.Level>
    let sink: any LogSink

    init(level: Logger.Level, sink: any LogSink) {
        levelState = Mutex(level)
        self.sink = sink
    }

    var level: Logger.Level {
        get { levelState.withLock { $0 } }
        set { levelState.withLock { $0 = newValue } }
    }

    /// A logger whose entries carry `label`.
    func logger(_ label: String) -> Logger {
        Logger(label: label) { DaemonLogHandler(label: $0, settings: self) }
    }
}

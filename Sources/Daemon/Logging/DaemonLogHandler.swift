internal import Logging

/// Hands log events of one logger to the daemon's sink.
struct DaemonLogHandler: LogHandler {
    let label: String
    let settings: LogSettings
    var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?

    init(label: String, settings: LogSettings) {
        self.label = label
        self.settings = settings
    }

    /// The daemon's level, so that a reload reaches loggers that exist; a logger that was given one of its own keeps
    /// it.
    var logLevel: Logger.Level {
        get { ownLevel ?? settings.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { $1 } }
        var fields = all.map { (name: $0.key, value: "\($0.value)") }
        if let error = event.error { fields.append((name: "error", value: "\(error)")) }
        settings.sink.write(
            LogEntry(
                level: event.level, label: label, message: "\(event.message)",
                fields: fields.sorted { $0.name < $1.name }))
    }
}

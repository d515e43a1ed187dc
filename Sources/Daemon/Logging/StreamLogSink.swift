internal import Foundation
internal import Logging

/// Writes entries to standard error, a line each: as text for people, or as JSON for programs.
struct StreamLogSink: LogSink {
    private let isJSON: Bool
    private let output: FileHandle

    init(isJSON: Bool, output: FileHandle = .standardError) {
        self.isJSON = isJSON
        self.output = output
    }

    func write(_ entry: LogEntry) {
        let line = isJSON ? Self.json(entry, at: Date()) : Self.text(entry, at: Date())
        // One write a line: lines of several threads do not mix. An error (a closed terminal) is nothing to stop for.
        try? output.write(contentsOf: Data(line.utf8))
    }

    static func text(_ entry: LogEntry, at date: Date) -> String {
        var line =
            "\(date.formatted(Self.timestamp)) \(entry.level.rawValue) \(entry.label): \(Self.oneLine(entry.message))"
        for field in entry.fields {
            let value = Self.oneLine(field.value)
            line += value.isEmpty || value.contains(" ") ? " \(field.name)=\"\(value)\"" : " \(field.name)=\(value)"
        }
        return line + "\n"
    }

    static func json(_ entry: LogEntry, at date: Date) -> String {
        var object = Dictionary(entry.fields.map { ($0.name, $0.value) }) { $1 }
        object["time"] = date.formatted(Self.timestamp)
        object["level"] = entry.level.rawValue
        object["label"] = entry.label
        object["message"] = entry.message
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }

    private static let timestamp = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Text from outside must not forge lines or drive a terminal.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }
}

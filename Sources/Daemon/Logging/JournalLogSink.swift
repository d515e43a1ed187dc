internal import CSystemd
internal import Logging

/// Writes entries to the journal by its native protocol: each field of an entry is a field of the journal's, so that
/// `journalctl -u headraced HEADRACE_CLIENT=7` finds them.
struct JournalLogSink: LogSink {
    init() {}

    func write(_ entry: LogEntry) {
        let (bytes, offsets) = Self.encode(entry)
        // Both arrays live through the call, and the C side reads what the offsets cover and nothing else.
        _ = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe csystemd_journal_send(bytes.baseAddress, offsets, CInt(offsets.count - 1))
            }
        }
    }

    /// Fields one behind the other, and where each begins.
    static func encode(_ entry: LogEntry) -> (bytes: [UInt8], offsets: [Int]) {
        var bytes: [UInt8] = []
        var offsets = [0]
        func add(_ name: String, _ value: String) {
            bytes += Array(name.utf8) + [UInt8(ascii: "=")] + Array(value.utf8)
            offsets.append(bytes.count)
        }
        add("MESSAGE", entry.message)
        add("PRIORITY", String(priority(entry.level)))
        add("SYSLOG_IDENTIFIER", "headraced")
        add("HEADRACE_LABEL", entry.label)
        for field in entry.fields.prefix(50) { add("HEADRACE_" + fieldName(field.name), field.value) }
        return (bytes, offsets)
    }

    /// syslog's priorities.
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// The journal takes capitals, digits and underscores, at most 64 of them.
    private static func fieldName(_ name: String) -> String {
        let characters = name.uppercased().unicodeScalars.map { scalar -> Character in
            ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "_"
        }
        return String(characters.prefix(50))
    }
}

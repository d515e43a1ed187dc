import Foundation
import Logging
import Synchronization
import Testing

@testable import Daemon

@Suite("Logging") struct LoggingTests {
    final class MemorySink: LogSink {
        let entries = Mutex<[LogEntry]>([])
        func write(_ entry: LogEntry) { entries.withLock { $0.append(entry) } }
    }

    static func entry(_ message: String, _ fields: [(name: String, value: String)] = []) -> LogEntry {
        LogEntry(level: .warning, label: "server", message: message, fields: fields)
    }

    @Test("a new level reaches loggers that exist, unless they have one of their own")
    func level() {
        let sink = MemorySink()
        let settings = LogSettings(level: .info, sink: sink)
        let logger = settings.logger("a")
        var own = settings.logger("b")
        own.logLevel = .error
        logger.debug("no")
        settings.level = .debug
        logger.debug("yes")
        own.warning("no")
        #expect(sink.entries.withLock { $0.map(\.message) } == ["yes"])
    }

    @Test("fields of the logger and of the event are joined, sorted, the event's winning")
    func fields() {
        let sink = MemorySink()
        var logger = LogSettings(level: .info, sink: sink).logger("a")
        logger[metadataKey: "z"] = "1"
        logger[metadataKey: "client"] = "2"
        logger.info("m", metadata: ["client": "3"])
        let fields = sink.entries.withLock { $0.first?.fields.map { "\($0.name)=\($0.value)" } }
        #expect(fields == ["client=3", "z=1"])
    }

    static let date = Date(timeIntervalSince1970: 1_700_000_000.5)

    @Test("text lines quote what has spaces, and nothing from outside can forge a line")
    func text() {
        let line = StreamLogSink.text(
            Self.entry("hello\nworld\u{1B}[31m", [("a", "1"), ("b", "x y\r\n"), ("c", "")]), at: Self.date)
        #expect(
            line
                == "2023-11-14T22:13:20.500Z warning server: hello\u{FFFD}world\u{FFFD}[31m a=1 b=\"x y\u{FFFD}\u{FFFD}\" c=\"\"\n"
        )
    }

    @Test("JSON lines are one object a line with the fields beside the standard names")
    func json() throws {
        let line = StreamLogSink.json(Self.entry("a \"b\"\n", [("client", "7"), ("message", "forged")]), at: Self.date)
        #expect(line.hasSuffix("}\n") && line.filter { $0 == "\n" }.count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(
            object == [
                "time": "2023-11-14T22:13:20.500Z", "level": "warning", "label": "server", "message": "a \"b\"\n",
                "client": "7",
            ])
    }

    @Test("journal entries keep each field apart, with a name the journal takes")
    func journal() {
        let (bytes, offsets) = JournalLogSink.encode(Self.entry("two\nlines", [("stream-id", "7=8"), ("über", "x")]))
        let fields = zip(offsets, offsets.dropFirst()).map { String(decoding: bytes[$0..<$1], as: UTF8.self) }
        #expect(
            fields == [
                "MESSAGE=two\nlines", "PRIORITY=4", "SYSLOG_IDENTIFIER=headraced", "HEADRACE_LABEL=server",
                "HEADRACE_STREAM_ID=7=8", "HEADRACE__BER=x",
            ])
    }

    @Test("a journal entry has at most as many fields as the C side sends")
    func manyFields() {
        let fields = (0..<200).map { (name: "f\($0)", value: "") }
        #expect(JournalLogSink.encode(Self.entry("m", fields)).offsets.count <= 65)
    }
}

internal import CSystemd

/// The service manager that may have started the daemon (systemd). Without one, messages go nowhere.
struct ServiceManager: Sendable {
    /// Takes lines of sd_notify(3), with line feeds between them.
    private let send: @Sendable (String) -> Void

    /// - Parameter send: another place for the messages, as in a test.
    init(
        send: @escaping @Sendable (String) -> Void = { lines in
            // The C function gets a NUL-terminated copy. A failure has no remedy here, and systemd reports what it misses.
            _ = unsafe csystemd_notify(lines)
        }
    ) {
        self.send = send
    }

    /// Sends lines of sd_notify(3): `READY=1`, `STATUS=…`.
    func notify(_ lines: [String]) { send(lines.joined(separator: "\n")) }

    /// How often the service manager wants a sign of life at least; nil when it does not.
    var watchdogInterval: Duration? {
        let microseconds = csystemd_watchdog_microseconds()
        return microseconds == 0 ? nil : .microseconds(Int64(clamping: microseconds))
    }

    /// Sockets of socket activation: descriptors, with the names that the unit gave them.
    var sockets: [(name: String, descriptor: CInt)] {
        (0..<max(0, csystemd_listen_count())).map { index in
            var name = [CChar](repeating: 0, count: 256)
            // The array is as long as the C side is told.
            let status = unsafe csystemd_listen_name(index, &name, name.count)
            let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            // Descriptors of socket activation start at 3.
            return (status == 0 ? String(decoding: bytes, as: UTF8.self) : "", 3 + index)
        }
    }

    /// Standard error leads to the journal.
    var logsToJournal: Bool { csystemd_stderr_is_journal() != 0 }
}

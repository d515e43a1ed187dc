import Foundation

/// The terminal while single keys are read from it. As it was before, at the end.
final class KeyTerminal {
    private var saved: termios

    /// nil when standard input or output is no terminal.
    static func open() -> KeyTerminal? {
        var saved = termios()
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
            // Fills the record.
            unsafe tcgetattr(STDIN_FILENO, &saved) == 0
        else { return nil }
        var raw = saved
        // Ctrl-C comes as a key too, so that the terminal is always put back.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        // Reads the record.
        guard unsafe tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 else { return nil }
        return KeyTerminal(saved: saved)
    }

    /// Made when the terminal has been changed, so that only then anything is put back.
    private init(saved: termios) {
        self.saved = saved
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit {
        write("\u{1B}[?25h\u{1B}[?1049l")
        // Reads the record.
        unsafe tcsetattr(STDIN_FILENO, TCSANOW, &saved)
    }

    /// Lines that fit.
    var size: (columns: Int, lines: Int) {
        var size = winsize()
        // Fills the record.
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// A key, or nil when none is pressed in time. The end of input counts as `q`.
    func key(timeoutSeconds: Double) -> Character? {
        var poll = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        // One record, filled by the call.
        guard unsafe Foundation.poll(&poll, 1, Int32(max(0, timeoutSeconds) * 1000)) > 0 else { return nil }
        var byte: UInt8 = 0
        // One byte, filled by the call.
        guard unsafe read(STDIN_FILENO, &byte, 1) == 1 else { return "q" }
        return Character(Unicode.Scalar(byte))
    }

    /// Shows `lines` in the place of what was there, cut to what fits; the line `marked` reversed.
    func show(_ lines: [String], marked: Int?) {
        let (columns, rows) = size
        var text = "\u{1B}[H"
        for (number, line) in lines.prefix(rows).enumerated() {
            let cut = String(line.prefix(columns))
            text +=
                (number == marked ? "\u{1B}[7m\(cut)\u{1B}[0m" : cut) + "\u{1B}[K" + (number < rows - 1 ? "\r\n" : "")
        }
        write(text + "\u{1B}[J")
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

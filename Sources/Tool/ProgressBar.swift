import DataTypes
import Foundation

/// A line on a terminal that shows how far long work is. Silent when standard error is no terminal.
struct ProgressBar {
    private let title: String
    private let isShown: Bool
    private var lastDrawn: UInt64 = 0
    private let start = monotonicNanoseconds()

    init(_ title: String) {
        self.title = title
        isShown = isatty(STDERR_FILENO) == 1
    }

    /// Draws at most ten times a second.
    mutating func update(_ done: Int, of total: Int) {
        let now = monotonicNanoseconds()
        guard isShown, total > 0, now - lastDrawn > 100_000_000 || done == total else { return }
        lastDrawn = now
        let width = 30
        let filled = done * width / total
        let seconds = Double(now - start) / 1e9
        let rate = seconds > 0 ? Int(Double(done) / seconds) : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        write("\r\(title) \(bar) \(done)/\(total)  \(rate)/s ")
    }

    /// Clears the line.
    func finish() {
        if isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// One line on standard error.
func report(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

import Admin
import ArgumentParser
import DataTypes
import Foundation

/// `headrace top`: streams and what holds them up, as it happens.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Shows streams, their speed and what they wait for, live.",
        discussion: """
            Keys: s sorts by the next column, j and k choose a stream, p pauses or resumes it, x stops it (asks first), \
            q quits. Where standard input or output is no terminal, it prints lines instead.
            """)

    @OptionGroup var options: AdminOptions
    @Option(help: "Seconds from one look to the next.") var interval = 1.0
    @Option(help: "Looks before it ends; without it, until it is quit.") var count: Int?
    @Option(help: "Sorts by stream, samples, cpu, queue or waiting.") var sort = TopTable.Order.samples

    func validate() throws {
        guard interval >= 0.05, interval <= 3600 else {
            throw ValidationError("--interval must be 0.05 to 3600 seconds")
        }
        guard count ?? 1 > 0 else { throw ValidationError("--count must be at least 1") }
    }

    func run() async throws {
        try options.ask { client in
            if let terminal = KeyTerminal.open() {
                try watch(client, terminal)
            } else {
                try printLines(client)
            }
        }
    }

    private func printLines(_ client: AdminClient) throws {
        var old: TopSample?
        var left = count ?? .max
        while left > 0 {
            // The first look has nothing to compare with; the second comes soon.
            if let old { sleep(until: old.atSeconds + interval) }
            let new = try TopSample(client)
            if old != nil {
                let lines = TopTable(new, since: old, order: sort).lines
                // Not through the buffer of `print`: a pipe's reader wants it now.
                FileHandle.standardOutput.write(Data((lines.joined(separator: "\n") + "\n\n").utf8))
                left -= 1
            }
            old = new
        }
    }

    private func sleep(until seconds: Double) {
        let now = Double(monotonicNanoseconds()) / 1e9
        if seconds > now { Thread.sleep(forTimeInterval: seconds - now) }
    }

    private func watch(_ client: AdminClient, _ terminal: KeyTerminal) throws {
        var (old, new) = (TopSample?.none, try TopSample(client))
        var (order, selected, message, looks) = (sort, 0, "", 1)
        while true {
            let table = TopTable(new, since: old, order: order)
            selected = min(max(0, selected), max(0, table.rows.count - 1))
            let lines = table.lines + ["", message.isEmpty ? "s sort  j k choose  p pause  x stop  q quit" : message]
            // Behind the heading and the table's own.
            terminal.show(lines, marked: table.rows.isEmpty ? nil : selected + 2)
            let next = new.atSeconds + interval
            if let key = terminal.key(timeoutSeconds: next - Double(monotonicNanoseconds()) / 1e9) {
                message = ""
                let stream = table.rows.isEmpty ? nil : table.rows[selected].stream
                switch key {
                case "q", "\u{3}", "\u{4}": return
                case "s": order = order.next
                case "j": selected += 1
                case "k": selected -= 1
                case "p": if let stream { message = pause(stream, client) }
                case "x": if let stream { message = stop(stream, client, terminal, lines) }
                default: break
                }
            } else {
                if let count, looks >= count { return }
                looks += 1
                (old, new) = (new, try TopSample(client))
            }
        }
    }

    private func pause(_ stream: StreamReport, _ client: AdminClient) -> String {
        act(client, stream, stream.isPaused ? "resume" : "pause")
    }

    private func stop(
        _ stream: StreamReport, _ client: AdminClient, _ terminal: KeyTerminal, _ lines: [String]
    ) -> String {
        terminal.show(lines.dropLast() + ["stop stream \(stream.id), \(stream.name)? y or n"], marked: nil)
        return terminal.key(timeoutSeconds: 60) == "y" ? act(client, stream, "stop") : ""
    }

    private func act(_ client: AdminClient, _ stream: StreamReport, _ action: String) -> String {
        do {
            try client.post("/v1/streams/\(stream.id)/\(action)")
            return "\(action) stream \(stream.id): done"
        } catch {
            return "\(action) stream \(stream.id): \(error)"
        }
    }
}

extension TopTable.Order: ExpressibleByArgument {}

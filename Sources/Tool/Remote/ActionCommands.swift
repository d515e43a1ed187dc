import Admin
import ArgumentParser
import Foundation

/// `headrace stop`, `pause`, `resume`, `disconnect`, `drain`, `reload` and `log-level`: what an administrator does.
struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Ends a stream; its client is told, and keeps its connection.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The stream's number, from `headrace streams`.") var stream: UInt64

    func run() async throws { try options.ask { try $0.post("/v1/streams/\(stream)/stop") } }
}

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Sends no more batches of a stream until it is resumed. Its client waits as long as its time-out.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The stream's number, from `headrace streams`.") var stream: UInt64

    func run() async throws { try options.ask { try $0.post("/v1/streams/\(stream)/pause") } }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Goes on with a paused stream.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The stream's number, from `headrace streams`.") var stream: UInt64

    func run() async throws { try options.ask { try $0.post("/v1/streams/\(stream)/resume") } }
}

struct DisconnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect", abstract: "Closes a connection; the client is told.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The client's number, from `headrace clients`.") var client: UInt64

    func run() async throws { try options.ask { try $0.post("/v1/clients/\(client)/disconnect") } }
}

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Ends the daemon gracefully: clients are told to finish.")

    @OptionGroup var options: AdminOptions

    func run() async throws { try options.ask { try $0.post("/v1/drain") } }
}

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Has the daemon read its configuration again, and says what that changed.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try options.ask { client in
            let report = try JSONDecoder().decode(ReloadReport.self, from: Data(try client.post("/v1/reload")))
            print("changed: \(report.changed.isEmpty ? "nothing" : report.changed.joined(separator: ", "))")
            if !report.needsRestart.isEmpty {
                print("takes a restart: \(report.needsRestart.joined(separator: ", "))")
            }
        }
    }
}

struct LogLevelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-level", abstract: "Shows the level of the daemon's log, or sets it until the next reload.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "trace, debug, info, notice, warning, error or critical.") var level: String?

    func run() async throws {
        try options.ask { client in
            if let level {
                let body = try JSONEncoder().encode(LogLevelReport(level: level))
                try client.post("/v1/log-level", String(decoding: body, as: UTF8.self))
            }
            print(try client.get("/v1/log-level", as: LogLevelReport.self).level)
        }
    }
}

import Admin
import ArgumentParser

/// `headrace status`: the daemon and its streams.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the daemon is doing.")

    @OptionGroup var options: AdminListOptions

    func run() async throws {
        try options.show("/v1/status") { client in
            let status = try client.get("/v1/status", as: StatusReport.self)
            let streams = try client.list("/v1/streams", "streams", of: StreamReport.self)
            return Self.text(status) + (streams.isEmpty ? "" : "\n\n" + StreamsCommand.table(streams).text)
        }
    }

    static func text(_ status: StatusReport) -> String {
        """
        headraced \(status.version), \(status.state.rawValue), process \(status.processID), up \(Int(status.uptimeSeconds)) s
        listening     \(status.listeners.joined(separator: ", "))
        configuration \(status.configFile ?? "defaults")
        threads       \(status.threads)
        connections   \(status.connections)
        memory        \(status.memoryBytes >> 20) of \(status.memoryLimitBytes >> 20) MiB
        sent          \(status.batchesSent) batches, \(status.samplesSent) samples, \(status.sentBytes >> 20) MiB
        bad records   \(status.badRecords)
        """
    }
}

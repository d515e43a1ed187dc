import Admin
import ArgumentParser

/// `headrace status`: the daemon and its streams.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the daemon is doing.")

    @Option(help: "The daemon's admin socket; by default $HEADRACE_ADMIN or /run/headrace/admin.sock.")
    var socket: String?
    @Flag(help: "Print the daemon's own JSON.") var json = false

    func run() async throws {
        let client = AdminClient(socketPath: socket ?? AdminClient.defaultSocketPath)
        if json {
            print(String(decoding: try client.body("/v1/status"), as: UTF8.self))
            return
        }
        let status = try client.get("/v1/status", as: StatusReport.self)
        print(
            "headraced \(status.version), \(status.state.rawValue), process \(status.processID), "
                + "up \(Int(status.uptimeSeconds)) s")
        print("listening     \(status.listeners.joined(separator: ", "))")
        print("threads       \(status.threads)")
        print("connections   \(status.connections)")
        print("memory        \(status.memoryBytes >> 20) of \(status.memoryLimitBytes >> 20) MiB")
        print(
            "sent          \(status.batchesSent) batches, \(status.samplesSent) samples, \(status.sentBytes >> 20) MiB")
        print("bad records   \(status.badRecords)")
        let streams = try client.get("/v1/streams", as: [StreamReport].self)
        guard !streams.isEmpty else { return }
        var table = TextTable([
            "STREAM", "CLIENT", "NAME", "EPOCH", "STEP", "QUEUE", "CREDITS", "WAITING FOR", "SAMPLES", "CACHED",
        ])
        for stream in streams {
            table.add([
                "\(stream.id)", "\(stream.clientID)", stream.label ?? stream.dataset ?? stream.iterator,
                "\(stream.epoch)", "\(stream.step)/\(stream.steps)", "\(stream.queueDepth)/\(stream.queueCapacity)",
                "\(stream.credits)", stream.waitingFor, "\(stream.samples)", cached(stream),
            ])
        }
        print("\n" + table.text)
    }

    /// How many of the stream's images were in the cache.
    private func cached(_ stream: StreamReport) -> String {
        let images = stream.cacheHits + stream.cacheMisses
        return images == 0 ? "-" : "\(100 * stream.cacheHits / images) %"
    }
}

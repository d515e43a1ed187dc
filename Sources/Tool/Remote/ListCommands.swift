import Admin
import ArgumentParser

/// `headrace streams`.
struct StreamsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "streams", abstract: "Lists open streams.")

    @OptionGroup var options: AdminListOptions

    func run() async throws {
        try options.show("/v1/streams") {
            Self.table(try $0.list("/v1/streams", "streams", of: StreamReport.self)).text
        }
    }

    static func table(_ streams: [StreamReport]) -> TextTable {
        var table = TextTable([
            "STREAM", "CLIENT", "NAME", "EPOCH", "STEP", "QUEUE", "CREDITS", "WAITING FOR", "SAMPLES", "BAD", "CACHED",
        ])
        for stream in streams {
            table.add([
                "\(stream.id)", "\(stream.clientID)", stream.name, "\(stream.epoch)", "\(stream.step)/\(stream.steps)",
                "\(stream.queueDepth)/\(stream.queueCapacity)", "\(stream.credits)", stream.waitingFor,
                "\(stream.samples)", "\(stream.badRecords)", stream.cached,
            ])
        }
        return table
    }
}

/// `headrace clients`.
struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "clients", abstract: "Lists connections.")

    @OptionGroup var options: AdminListOptions

    func run() async throws {
        try options.show("/v1/clients") { client in
            var table = TextTable([
                "CLIENT", "PEER", "PID", "UID", "STREAM", "STATE", "CONNECTED", "SENT MIB", "SOFTWARE",
            ])
            for client in try client.list("/v1/clients", "clients", of: ClientReport.self) {
                table.add([
                    "\(client.id)", client.peer, Self.text(client.processID), Self.text(client.userID),
                    Self.text(client.streamID), client.state, "\(Int(client.connectedSeconds)) s",
                    "\(client.sentBytes >> 20)", client.software,
                ])
            }
            return table.text
        }
    }

    private static func text(_ number: (some BinaryInteger)?) -> String { number.map { "\($0)" } ?? "-" }
}

/// `headrace datasets`.
struct DatasetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datasets", abstract: "Lists the data sets that the daemon serves by name.")

    @OptionGroup var options: AdminListOptions

    func run() async throws {
        try options.show("/v1/datasets") { client in
            var table = TextTable(["DATASET", "ITERATOR", "STREAMS", "RECORDS", "SAMPLES SENT", "BAD", "MANIFEST"])
            for dataset in try client.list("/v1/datasets", "datasets", of: DatasetReport.self) {
                table.add([
                    dataset.name, dataset.iterator, "\(dataset.openStreams)", dataset.records.map { "\($0)" } ?? "-",
                    "\(dataset.samples)", "\(dataset.badRecords)", dataset.manifest ?? "-",
                ])
            }
            return table.text
        }
    }
}

extension StreamReport {
    /// What people call it.
    var name: String { label ?? dataset ?? iterator }

    /// How many of the stream's images were in the cache.
    var cached: String {
        let images = cacheHits + cacheMisses
        return images == 0 ? "-" : "\(100 * cacheHits / images) %"
    }
}

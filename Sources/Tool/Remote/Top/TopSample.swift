import Admin
import DataTypes

/// What the daemon said at one moment.
struct TopSample {
    var atSeconds: Double
    var status: StatusReport
    var streams: [StreamReport]
    var clients: [ClientReport]

    init(atSeconds: Double, status: StatusReport, streams: [StreamReport], clients: [ClientReport]) {
        self.atSeconds = atSeconds
        self.status = status
        self.streams = streams
        self.clients = clients
    }

    init(_ client: AdminClient) throws {
        self.init(
            atSeconds: Double(monotonicNanoseconds()) / 1e9,
            status: try client.get("/v1/status", as: StatusReport.self),
            streams: try client.list("/v1/streams", "streams", of: StreamReport.self),
            clients: try client.list("/v1/clients", "clients", of: ClientReport.self))
    }
}

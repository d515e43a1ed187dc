import Admin
import Foundation

/// The streams as `headrace top` shows them: what happened between two moments, sorted.
struct TopTable {
    enum Order: String, CaseIterable {
        case stream, samples, cpu, queue, waiting

        var next: Order {
            let all = Order.allCases
            return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
        }
    }

    struct Row {
        var stream: StreamReport
        var client: String
        var samplesPerSecond: Double
        /// Of one core.
        var cpuShare: Double
        /// What it waited for most of the time between the moments, and which share of it.
        var cause: String
        var causeShare: Double
    }

    let rows: [Row]
    let samplesPerSecond: Double
    /// Cores that the whole daemon kept busy.
    let cores: Double
    private let status: StatusReport
    private let order: Order

    /// - Parameter earlier: an earlier moment; nil: there is none yet, and rates are 0.
    init(_ new: TopSample, since earlier: TopSample?, order: Order) {
        // With what a daemon counted that was started again since, nothing compares.
        let old = earlier?.status.startedAtSeconds == new.status.startedAtSeconds ? earlier : nil
        status = new.status
        self.order = order
        let seconds = max(new.atSeconds - (old?.atSeconds ?? new.atSeconds), 1e-9)
        let before = Dictionary((old?.streams ?? []).map { ($0.id, $0) }) { first, _ in first }
        let clients = Dictionary(new.clients.map { ($0.id, $0) }) { first, _ in first }
        let isFirst = old == nil
        samplesPerSecond =
            isFirst ? 0 : Double(new.status.samplesSent &- (old?.status.samplesSent ?? 0)) / seconds
        cores = isFirst ? 0 : (new.status.cpuSeconds - (old?.status.cpuSeconds ?? 0)) / seconds
        rows = new.streams.map { stream in
            let then = before[stream.id]
            let client = clients[stream.clientID]
            // The one that waits now goes first among equals: waits for batches count when they are over.
            let waited = stream.waitedSeconds.map { cause, time in
                (cause, time - (then?.waitedSeconds[cause] ?? 0), cause == stream.waitingFor)
            }.max { ($0.1, $0.2 ? 1 : 0, $1.0) < ($1.1, $1.2 ? 1 : 0, $0.0) }
            let isMeasured = !isFirst && (waited?.1 ?? 0) > 0
            return Row(
                stream: stream, client: client?.processID.map { "pid \($0)" } ?? client?.peer ?? "-",
                samplesPerSecond: isFirst ? 0 : Double(stream.samples &- (then?.samples ?? 0)) / seconds,
                cpuShare: isFirst ? 0 : max(0, stream.cpuSeconds - (then?.cpuSeconds ?? 0)) / seconds,
                cause: isMeasured ? waited?.0 ?? "-" : stream.waitingFor,
                causeShare: isMeasured ? min(1, (waited?.1 ?? 0) / seconds) : 0)
        }.sorted { Self.precedes($0, $1, order) }
    }

    private static func precedes(_ one: Row, _ other: Row, _ order: Order) -> Bool {
        func key(_ row: Row) -> Double {
            switch order {
            case .stream: 0
            case .samples: -row.samplesPerSecond
            case .cpu: -row.cpuShare
            case .queue: Double(row.stream.queueDepth) / Double(max(1, row.stream.queueCapacity))
            case .waiting: -row.causeShare
            }
        }
        return (key(one), one.stream.id) < (key(other), other.stream.id)
    }

    /// The heading, then the table's lines.
    var lines: [String] {
        var table = TextTable(["STREAM", "CLIENT", "NAME", "SAMPLES/S", "QUEUE", "STALLED BY", "CPU", "EPOCH", "STEP"])
        for row in rows {
            let stream = row.stream
            table.add([
                "\(stream.id)", row.client, stream.name, String(format: "%.1f", row.samplesPerSecond),
                "\(stream.queueDepth)/\(stream.queueCapacity)",
                stream.isPaused ? "paused" : "\(row.cause) \(Int(100 * row.causeShare)) %",
                "\(Int(100 * row.cpuShare)) %", "\(stream.epoch)", "\(stream.step)/\(stream.steps)",
            ])
        }
        // What matters least stands where a narrow terminal cuts.
        let heading =
            "headraced \(status.version) \(status.state.rawValue), by \(order.rawValue): "
            + String(format: "%.1f samples/s, %.2f cores, ", samplesPerSecond, cores)
            + "\(status.connections) clients, \(rows.count) streams, "
            + "\(status.memoryBytes >> 20) of \(status.memoryLimitBytes >> 20) MiB"
        return [heading] + table.text.split(separator: "\n").map(String.init)
    }
}

internal import DataTypes

/// Metrics in the text format of Prometheus, version 0.0.4: base units, counters ending in `_total`, and labels that
/// can take few values only (data set names, reasons, stages), so that no client can make series without end.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""
    private var names: Set<String> = []

    init(_ report: MetricsReport) {
        add("build_info", .gauge, "Constant 1; the label is the version.", [(["version": report.version], 1)])
        add("ready", .gauge, "1 while clients can connect and open streams.", report.isReady ? 1 : 0)
        add("start_time_seconds", .gauge, "When the daemon started, since 1970-01-01 UTC.", report.startedAtSeconds)
        add("decode_threads", .gauge, "Threads that decode.", Double(report.threads))
        add("connections", .gauge, "Connections open.", Double(report.connections))
        add("connections_accepted_total", .counter, "Connections accepted.", Double(report.connectionsAccepted))
        add(
            "connections_refused_total", .counter, "Connections turned away at a limit or while draining.",
            Double(report.connectionsRefused))
        add("streams_opened_total", .counter, "Streams opened.", Double(report.streamsOpened))
        add("streams_refused_total", .counter, "Streams that could not be opened.", Double(report.streamsRefused))
        add("batches_sent_total", .counter, "Batches sent.", Double(report.batchesSent))
        add("samples_total", .counter, "Samples sent, padding not counted.", Double(report.samplesSent))
        add("sent_bytes_total", .counter, "Bytes sent to clients.", Double(report.sentBytes))
        add("records_bad_total", .counter, "Bad records met.", by: "reason", report.badRecords.mapValues { Double($0) })
        add("errors_total", .counter, "Errors sent to clients.", by: "code", report.errors.mapValues { Double($0) })
        add("cpu_seconds_total", .counter, "CPU time of decode threads spent on streams.", report.cpuSeconds)
        add("stall_seconds_total", .counter, "Time that streams waited.", by: "cause", report.stallSeconds)
        add(
            "streams_waiting", .gauge, "Streams that wait now; for decode: for the storage or the decoders.",
            by: "cause",
            report.streamsWaiting.mapValues { Double($0) })
        add("memory_bytes", .gauge, "Bytes reserved for batches.", Double(report.memoryBytes))
        add("memory_limit_bytes", .gauge, "Bytes that may be reserved for batches.", Double(report.memoryLimitBytes))
        add(
            "cache_samples_total", .counter, "Samples of streams with a cache, by whether it had the decoded image.",
            by: "result", report.cacheSamples.mapValues { Double($0) })
        add("cache_bytes", .gauge, "Bytes of decoded images that are kept.", Double(report.cacheBytes))
        add("cache_limit_bytes", .gauge, "Bytes of decoded images that may be kept.", Double(report.cacheLimitBytes))
        add("cache_disk_bytes", .gauge, "Bytes of decoded images on disk.", Double(report.cacheDiskBytes))
        add("streams", .gauge, "Streams open.", by: "dataset", report.datasets.mapValues { Double($0.streams) })
        add(
            "queue_depth", .gauge, "Batches ready and not yet taken.", by: "dataset",
            report.datasets.mapValues { Double($0.queueDepth) })
        add(
            "queue_capacity", .gauge, "Batches that can be ready.", by: "dataset",
            report.datasets.mapValues { Double($0.queueCapacity) })
        add(
            "credits", .gauge, "Batches granted by clients and not yet sent.", by: "dataset",
            report.datasets.mapValues { Double($0.credits) })
        for family in report.counted { add(family) }
    }

    private enum Kind: String { case counter, gauge }

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        add(name, kind, help, [([:], value)])
    }

    private mutating func add(
        _ name: String, _ kind: Kind, _ help: String, by label: String, _ values: [String: Double]
    ) {
        add(name, kind, help, values.sorted { $0.key < $1.key }.map { ([label: $0.key], $0.value) })
    }

    private mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [String: String], value: Double)]
    ) {
        // A family without a sample is left out: Prometheus takes the heading alone for an error in some versions.
        if samples.isEmpty { return }
        names.insert("headrace_\(name)")
        text += "# HELP headrace_\(name) \(help)\n# TYPE headrace_\(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.key)=\"\(Self.escape($0.value))\"" }.joined(separator: ",")
            text += "headrace_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
        }
    }

    /// What nobody but its maker knows. A name that the daemon has for itself stays the daemon's.
    private mutating func add(_ family: MetricFamily) {
        guard !family.series.isEmpty, names.insert(family.name).inserted else { return }
        let help = Self.help[family.name] ?? "Counted inside the daemon's process."
        text += "# HELP \(family.name) \(help)\n# TYPE \(family.name) \(family.kind.rawValue)\n"
        for (labels, reading) in family.series.sorted(by: { $0.key < $1.key }) {
            let braces = labels.isEmpty ? "" : "{\(labels)}"
            switch reading {
            case .value(let value): text += "\(family.name)\(braces) \(Self.number(value))\n"
            case .summary(let sum, let count):
                text += "\(family.name)_sum\(braces) \(Self.number(sum))\n\(family.name)_count\(braces) \(count)\n"
            case .durations(let figures): add(figures, family.name, labels)
            }
        }
    }

    private mutating func add(_ figures: HistogramFigures, _ name: String, _ labels: String) {
        let bounds = DurationHistogram.boundsSeconds.map(Self.number) + ["+Inf"]
        let (front, braces) = labels.isEmpty ? ("", "") : ("\(labels),", "{\(labels)}")
        var count: UInt64 = 0
        for (bound, more) in zip(bounds, figures.counts) {
            count += more
            text += "\(name)_bucket{\(front)le=\"\(bound)\"} \(count)\n"
        }
        text += "\(name)_sum\(braces) \(Self.number(figures.sumSeconds))\n\(name)_count\(braces) \(count)\n"
    }

    /// Of the families that come through the swift-metrics API and are the daemon's own.
    private static let help = [
        "headrace_stage_seconds":
            "Time that a batch took: of threads for read, decode and augment, by the clock for send.",
        MetricStore.refusedName: "Series that nobody counts, as there were too many, or of two kinds with one name.",
    ]

    /// Whole numbers without a fraction, so that byte counts stay readable.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isFinite { return String(value) }
        return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf"
    }

    static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

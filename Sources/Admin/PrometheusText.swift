internal import DataTypes

/// Metrics in the text format of Prometheus, version 0.0.4: base units, counters ending in `_total`, and labels that
/// can take few values only (data set names, reasons, stages), so that no client can make series without end.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

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
        addHistogram(
            "stage_seconds", "Time that a batch took: of threads for read, decode and augment, by the clock for send.",
            by: "stage", report.stages)
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
        text += "# HELP headrace_\(name) \(help)\n# TYPE headrace_\(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.key)=\"\(Self.escape($0.value))\"" }.joined(separator: ",")
            text += "headrace_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
        }
    }

    private mutating func addHistogram(
        _ name: String, _ help: String, by label: String, _ values: [String: HistogramFigures]
    ) {
        if values.isEmpty { return }
        text += "# HELP headrace_\(name) \(help)\n# TYPE headrace_\(name) histogram\n"
        let bounds = DurationHistogram.boundsSeconds.map(Self.number) + ["+Inf"]
        for (value, figures) in values.sorted(by: { $0.key < $1.key }) {
            let series = "\(label)=\"\(Self.escape(value))\""
            var sum: UInt64 = 0
            for (bound, count) in zip(bounds, figures.counts) {
                sum += count
                text += "headrace_\(name)_bucket{\(series),le=\"\(bound)\"} \(sum)\n"
            }
            text += "headrace_\(name)_sum{\(series)} \(Self.number(figures.sumSeconds))\n"
            text += "headrace_\(name)_count{\(series)} \(sum)\n"
        }
    }

    /// Whole numbers without a fraction, so that byte counts stay readable.
    private static func number(_ value: Double) -> String { Int64(exactly: value).map { String($0) } ?? String(value) }

    private static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

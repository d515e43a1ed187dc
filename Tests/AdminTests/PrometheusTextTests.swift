import DataTypes
import Foundation
import Testing

@testable import Admin

@Suite("Prometheus text") struct PrometheusTextTests {
    static var figures: MetricsReport {
        var report = MetricsReport()
        report.version = "1.0 \"x\"\\"
        report.isReady = true
        report.startedAtSeconds = 1_700_000_000.25
        report.batchesSent = 3
        report.sentBytes = 1 << 60
        report.badRecords = ["bad_image": 2, "too_large": 1]
        report.errors = ["bad_frame": 1]
        report.counted = [
            MetricFamily(
                name: "headrace_stage_seconds", kind: .histogram,
                series: [
                    "stage=\"read\"": .durations(
                        HistogramFigures(counts: [1, 0, 2] + Array(repeating: 0, count: 9) + [4], sumSeconds: 160.5))
                ]),
            MetricFamily(name: "rows_total", kind: .counter, series: ["": .value(12), "file=\"a\"": .value(0.5)]),
            MetricFamily(name: "row_length", kind: .summary, series: ["": .summary(sum: 31, count: 4)]),
            // The daemon's own name, and one without series.
            MetricFamily(name: "headrace_ready", kind: .gauge, series: ["": .value(77)]),
            MetricFamily(name: "nothing", kind: .gauge, series: [:]),
        ]
        report.streamsWaiting = ["decode": 2]
        report.stallSeconds = ["credit": 1e-9]
        report.datasets["train"] = .init()
        report.datasets["train"]?.queueCapacity = 4
        report.datasets["", default: .init()].streams = 1
        return report
    }

    @Test("every line is a comment of a known kind or a well-formed sample of the family above it")
    func grammar() throws {
        let text = PrometheusText(Self.figures).text
        #expect(text.hasSuffix("\n"))
        var family = ""
        var kinds: [String: String] = [:]
        var series = Set<String>()
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /# HELP ([a-z_]+) \S.*/) {
                family = String(match.1)
                #expect(kinds[family] == nil, "\(family) appears twice")
            } else if let match = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram|summary)/) {
                #expect(String(match.1) == family)
                kinds[family] = String(match.2)
            } else {
                let sample = try #require(
                    line.wholeMatch(
                        of:
                            /([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,le="[0-9.e+-]+"|,le="\+Inf")?\})? (-?[0-9][0-9.e+-]*)/
                    ),
                    "\(line)")
                if kinds[family] == "histogram" {
                    #expect(["_bucket", "_sum", "_count"].map { family + $0 }.contains(String(sample.1)))
                    #expect(sample.2?.contains("le=") == String(sample.1).hasSuffix("_bucket"))
                } else if kinds[family] == "summary" {
                    #expect(["_sum", "_count"].map { family + $0 }.contains(String(sample.1)))
                } else {
                    #expect(String(sample.1) == family)
                    #expect(kinds[family] == (family.hasSuffix("_total") ? "counter" : "gauge"))
                }
                #expect(Double(sample.3) != nil)
                #expect(series.insert("\(sample.1)\(sample.2 ?? "")").inserted, "\(line) is there twice")
            }
        }
        #expect(series.count > 25)
    }

    @Test(
        "figures come out exactly",
        arguments: [
            "headrace_build_info{version=\"1.0 \\\"x\\\"\\\\\"} 1", "headrace_ready 1",
            "headrace_start_time_seconds 1700000000.25", "headrace_batches_sent_total 3",
            "headrace_sent_bytes_total 1152921504606846976", "headrace_records_bad_total{reason=\"bad_image\"} 2",
            "headrace_stage_seconds_bucket{stage=\"read\",le=\"0.0001\"} 1",
            "headrace_stage_seconds_bucket{stage=\"read\",le=\"0.001\"} 3",
            "headrace_stage_seconds_bucket{stage=\"read\",le=\"30\"} 3",
            "headrace_stage_seconds_bucket{stage=\"read\",le=\"+Inf\"} 7",
            "headrace_stage_seconds_sum{stage=\"read\"} 160.5", "headrace_stage_seconds_count{stage=\"read\"} 7",
            "rows_total 12", "rows_total{file=\"a\"} 0.5", "row_length_sum 31", "row_length_count 4",
            "headrace_streams_waiting{cause=\"decode\"} 2", "headrace_stall_seconds_total{cause=\"credit\"} 1e-09",
            "headrace_queue_capacity{dataset=\"train\"} 4", "headrace_streams{dataset=\"\"} 1",
        ])
    func samples(line: String) {
        #expect(PrometheusText(Self.figures).text.split(separator: "\n").contains(Substring(line)))
    }
}

/// Names and labels of the swift-metrics API as Prometheus allows them.
enum MetricName {
    /// `http.requests` → `http_requests_total`.
    static func family(_ label: String, _ kind: MetricFamily.Kind) -> String {
        let name = allowed(label)
        let suffix =
            switch kind {
            case .counter: "_total"
            case .histogram: "_seconds"
            case .gauge, .summary: ""
            }
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `[("stage", "read")]` → `stage="read"`. In the order of their names, the last of each name; a value has 128 characters at most.
    static func labels(_ dimensions: [(String, String)]) -> String {
        let values = Dictionary(dimensions.map { (allowed($0.0), $0.1) }) { $1 }
        return values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(PrometheusText.escape(String($0.value.prefix(128))))\"" }
            .joined(separator: ",")
    }

    private static func allowed(_ name: String) -> String {
        let characters = name.utf8.prefix(128).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        let text = String(decoding: characters, as: UTF8.self)
        // No digit first, and no name that Prometheus keeps for itself (`le` and what begins with two underscores).
        return text.first?.isLetter == true && text != "le" ? text : "x" + text
    }
}

import ArgumentParser

/// `headrace rec info`: what is in a data set, from a sample of its records.
struct RecInfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Says what a RecordIO data set holds.")

    @Argument(help: "The .rec file, files separated by ';', a directory or a pattern.") var path: String
    @Option(help: "Its .idx file.") var index: String?
    @Option(help: "How many records, evenly spread, are looked into.") var sample = 1000
    @Flag(help: "Print JSON.") var json = false

    private struct Info: Encodable {
        var files: Int
        var bytes: UInt64
        var records: Int
        var fingerprint: String
        var insightFaceIdentities: Int?
        var damagedRanges: Int
        var damage: [String]
        var sampled: Int
        var unusable: Int
        var formats: [String: Int]
        var labelWidths: [String: Int]
        var meanRecordBytes: Int
        var medianWidth: Int?
        var medianHeight: Int?
    }

    func run() async throws {
        guard sample > 0 else { throw ValidationError("--sample must be at least 1") }
        var scan = try RecordScan(paths: path, indexPath: index)
        let count = scan.manifest.sampleCount
        let chosen = min(sample, count)
        let facts = (0..<chosen).map { scan.facts($0 * count / chosen) }
        let good = facts.filter { $0.problem == nil }
        func median(_ values: [Int]) -> Int? { values.isEmpty ? nil : values.sorted()[values.count / 2] }
        let manifest = scan.manifest
        let info = Info(
            files: manifest.files.count, bytes: manifest.byteCount, records: count, fingerprint: manifest.fingerprint,
            insightFaceIdentities: manifest.files.compactMap { $0.index.insightFace?.identityCount }.first,
            damagedRanges: manifest.damage.rangeCount, damage: manifest.damage.ranges.prefix(10).map(\.description),
            sampled: facts.count, unusable: facts.count - good.count,
            formats: Dictionary(grouping: good, by: { $0.format ?? "?" }).mapValues(\.count),
            labelWidths: Dictionary(grouping: good, by: { String($0.labels.count) }).mapValues(\.count),
            meanRecordBytes: facts.map(\.bytes).reduce(0, +) / max(1, facts.count),
            medianWidth: median(good.compactMap(\.width)), medianHeight: median(good.compactMap(\.height)))
        if json {
            print(try jsonText(info))
        } else {
            show(info, examples: facts.filter { $0.problem != nil })
        }
    }

    private func show(_ info: Info, examples: [RecordFacts]) {
        print("files          \(info.files)")
        print("bytes          \(info.bytes)")
        print("records        \(info.records)")
        if let identities = info.insightFaceIdentities { print("identities     \(identities) (InsightFace layout)") }
        print("fingerprint    \(info.fingerprint)")
        print("sampled        \(info.sampled), \(info.unusable) of them unusable")
        print("formats        \(list(info.formats))")
        print("label widths   \(list(info.labelWidths))")
        print("record bytes   \(info.meanRecordBytes) on average")
        if let width = info.medianWidth, let height = info.medianHeight {
            print("image size     \(width)×\(height) (median)")
        }
        print("damage         \(info.damagedRanges) stretches")
        for line in info.damage { print("  \(line)") }
        for facts in examples.prefix(10) {
            print("  record \(facts.ordinal) at byte \(facts.offset): \(facts.problem ?? "")")
        }
    }

    private func list(_ counts: [String: Int]) -> String {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key): \($0.value)" }.joined(
            separator: ", ")
    }
}

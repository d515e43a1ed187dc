import ArgumentParser

/// `headrace rec list`: one line a record.
struct RecList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the records of a data set.")

    @Argument(help: "The .rec file, files separated by ';', a directory or a pattern.") var path: String
    @Option(help: "Its .idx file.") var index: String?
    @Option(help: "The first record, from 0.") var from = 0
    @Option(help: "The most records to list.") var limit: Int?
    @Flag(help: "Print one JSON object a line.") var json = false

    func run() async throws {
        var scan = try RecordScan(paths: path, indexPath: index)
        let count = scan.manifest.sampleCount
        guard (0...count).contains(from), limit ?? 0 >= 0 else {
            throw ValidationError("--from must be 0 to \(count), and --limit not negative")
        }
        if !json { print("ordinal\toffset\tbytes\tid\tlabels\tformat\tsize") }
        for ordinal in from..<from + min(limit ?? count, count - from) {
            let facts = scan.facts(ordinal)
            if json {
                print(try jsonText(facts).split(separator: "\n").map { $0.drop { $0 == " " } }.joined())
            } else {
                let labels = facts.labels.map { "\($0)" }.joined(separator: ",")
                let size = facts.width.map { "\($0)x\(facts.height ?? 0)" } ?? "-"
                print(
                    "\(ordinal)\t\(facts.offset)\t\(facts.bytes)\t\(facts.id.map { "\($0)" } ?? "-")\t\(labels)\t"
                        + "\(facts.problem ?? facts.format ?? "-")\t\(size)")
            }
        }
    }
}

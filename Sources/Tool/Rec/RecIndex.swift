import ArgumentParser
import Foundation
import RecordIO

/// `headrace rec index`: makes the .idx file of a .rec file.
struct RecIndex: AsyncParsableCommand {
    enum Keys: String, ExpressibleByArgument, CaseIterable {
        case id, ordinal
    }

    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Makes the .idx file of a .rec file by a scan.")

    @Argument(help: "The .rec file.") var path: String
    @Option(name: .shortAndLong, help: "The .idx file to write; by default beside the .rec file.") var output: String?
    @Option(help: "What the index calls a record: the id in its header, or its number from 0.") var keys = Keys.id

    func run() async throws {
        var scan = try RecordScan(paths: path)
        guard scan.manifest.files.count == 1 else {
            throw ToolError("an index is of one file; '\(path)' names several")
        }
        guard scan.manifest.damage.isEmpty else {
            throw ToolError(
                "'\(path)' is damaged (\(scan.manifest.damage.ranges[0])); see 'headrace rec verify', and pack it anew")
        }
        var seen: Set<UInt64> = []
        var text = ""
        for ordinal in 0..<scan.manifest.sampleCount {
            var key = UInt64(ordinal)
            if keys == .id {
                let facts = scan.facts(ordinal)
                guard let id = facts.id else { throw ToolError("record \(ordinal): \(facts.problem ?? "no header")") }
                guard seen.insert(id).inserted else {
                    throw ToolError("several records have the id \(id); use --keys ordinal")
                }
                key = id
            }
            text += "\(key)\t\(scan.manifest.locate(ordinal).entry.offset)\n"
        }
        // The argument may be a directory or a pattern that one file matches.
        let file = scan.manifest.files[0].file.path
        let target = output ?? (file.hasSuffix(".rec") ? String(file.dropLast(4)) : file) + ".idx"
        try Data(text.utf8).write(to: URL(fileURLWithPath: target), options: .atomic)
        print("\(target): \(scan.manifest.sampleCount) records")
    }
}

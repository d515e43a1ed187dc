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
        let paths = try RecordPaths(expanding: path).paths
        guard paths.count == 1 else { throw ToolError("an index is of one file; '\(path)' names \(paths.count)") }
        let lines = try read(RecordFile(path: paths[0]))
        // The argument may be a directory or a pattern that one file matches.
        let target = output ?? (paths[0].hasSuffix(".rec") ? String(paths[0].dropLast(4)) : paths[0]) + ".idx"
        try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: target), options: .atomic)
        print("\(target): \(lines.count) records")
    }

    /// A line for every record, those without an image too: readers of InsightFace's files look its header record up.
    private func read(_ file: RecordFile) throws -> [String] {
        var reader = RecordReader(file: file)
        var buffer = RecordBuffer()
        var seen: Set<UInt64> = []
        var lines: [String] = []
        while try reader.next(into: &buffer) {
            var key = UInt64(lines.count)
            if keys == .id {
                key = try ImageRecordHeader(parsing: buffer.bytes).id
                guard seen.insert(key).inserted else {
                    throw ToolError("several records have the id \(key); use --keys ordinal")
                }
            }
            lines.append("\(key)\t\(reader.recordOffset)\n")
        }
        return lines
    }
}

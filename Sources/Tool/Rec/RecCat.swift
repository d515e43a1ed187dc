import ArgumentParser
import Foundation

/// `headrace rec cat`: the bytes of one record.
struct RecCat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Writes one record's payload to standard output.")

    @Argument(help: "The .rec file, files separated by ';', a directory or a pattern.") var path: String
    @Argument(help: "The record's number, from 0.") var record: Int
    @Option(help: "Its .idx file.") var index: String?
    @Flag(help: "Only the image, without the record's header and labels.") var image = false

    func run() async throws {
        var scan = try RecordScan(paths: path, indexPath: index)
        guard (0..<scan.manifest.sampleCount).contains(record) else {
            throw ToolError("there is no record \(record): '\(path)' has \(scan.manifest.sampleCount)")
        }
        FileHandle.standardOutput.write(Data(try scan.payload(record, imageOnly: image)))
    }
}

import ArgumentParser
import DataTypes
import ImageCodec
import RecordIO

/// `headrace rec verify`: reads and decodes everything.
struct RecVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Reads every record, decodes every image and reports what is wrong.",
        discussion: "Exit status 0: all is well. 1: something is wrong; each finding is one line on standard output.")

    @Argument(help: "The .rec file, files separated by ';', a directory or a pattern.") var path: String
    @Option(help: "Its .idx file.") var index: String?
    @Flag(help: "Check framing and headers only; do not decode.") var quick = false
    @Flag(help: "Print JSON.") var json = false

    private struct Finding: Encodable {
        var file: String
        var offset: UInt64
        var record: Int?
        var problem: String
    }

    func run() async throws {
        var scan = try RecordScan(paths: path, indexPath: index)
        let manifest = scan.manifest
        var findings = manifest.damage.ranges.map {
            Finding(
                file: $0.file, offset: $0.offset, record: nil, problem: "\($0.byteCount) damaged bytes: \($0.reason)")
        }
        var bar = ProgressBar("verifying")
        var decoder = ImageDecoder()
        var pixels = PixelBuffer()
        for ordinal in 0..<manifest.sampleCount {
            let facts = scan.facts(ordinal)
            var problem = facts.problem
            if problem == nil, !quick {
                do {
                    let image = try scan.payload(ordinal, imageOnly: true)
                    // A UInt8 has no padding that could be read uninitialised.
                    try decoder.decode(unsafe image.span.bytes, as: .unchanged, into: &pixels)
                } catch {
                    problem = "\(error)"
                }
            }
            if let problem {
                findings.append(Finding(file: facts.file, offset: facts.offset, record: ordinal, problem: problem))
            }
            bar.update(ordinal + 1, of: manifest.sampleCount)
        }
        bar.finish()
        if json {
            print(try jsonText(findings))
        } else {
            for finding in findings {
                let record = finding.record.map { "record \($0) " } ?? ""
                print("\(finding.file): \(record)at byte \(finding.offset): \(finding.problem)")
            }
            let unlisted = manifest.damage.rangeCount - manifest.damage.ranges.count
            if unlisted > 0 { print("and \(unlisted) more damaged stretches") }
            print("\(manifest.sampleCount) records, \(findings.count + unlisted) problems")
        }
        if !findings.isEmpty { throw ExitCode(1) }
    }
}

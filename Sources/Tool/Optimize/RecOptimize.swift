import ArgumentParser
import Augmentation
import Foundation
import ImageCodec
import RecordIO

/// `headrace rec optimize`: makes a .rec file faster to read, and smaller, without changing a pixel.
struct RecOptimize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimize", abstract: "Rewrites the JPEGs of a RecordIO file so that crops decode faster.",
        discussion: """
            Every JPEG gets Huffman codes of its own and restart markers, at which decoding can begin: what lies beside a \
            crop is then passed over instead of decoded. This is lossless. Each picture is decoded before and after, and \
            kept as it is unless all pixels are the same; any JPEG reader reads it. EXIF and other segments stay, and so \
            do labels, ids, the records' order, other formats, records without a picture, and the keys of the .idx file.

            With --resize, pictures whose shorter side is longer are made smaller first, which is not lossless.

            Files appear when they are complete: a run that fails or is interrupted leaves nothing behind.

            Examples:
              headrace rec optimize train.rec train-fast.rec
              headrace rec optimize --resize 256 --filter area --quality 90 train.rec train-256.rec
            """)

    @Argument(help: "The .rec file.") var input: String
    @Argument(help: "The .rec file to write; its .idx file goes beside it.") var output: String
    @Option(help: "The .idx file of the input; by default the one beside it, if there is one.") var index: String?
    @Option(
        name: .customLong("restart-bytes"), help: "A restart marker about every so many bytes of a picture; 0: none.")
    var restartBytes = 512
    @Option(name: .customLong("restart-rows"), help: "A restart marker every so many rows of MCUs instead.")
    var restartRows: Int?
    @Option(help: "The most that the shorter side may have, in pixels; by default sizes are kept.") var resize: Int?
    @Option(help: "JPEG quality of pictures that are made smaller, 0 to 100.") var quality = 95
    @Option(help: "How they are made smaller.") var filter = ResizeFilter.linear
    @Option(
        name: .customLong("num-thread"), help: "Threads; by default one a core. The output does not depend on them.")
    var numThread: Int?
    @Flag(help: "Fail at the first JPEG that cannot be rewritten, and at damage.") var strict = false
    @Flag(help: "Overwrite files that are there; the output may then be the input.") var force = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard restartBytes >= 0 else { throw ValidationError("--restart-bytes must be 0 or more") }
        guard (restartRows ?? 1) > 0 else { throw ValidationError("--restart-rows must be 1 or more") }
        guard (1...65_500).contains(resize ?? 1) else { throw ValidationError("--resize must be 1 to 65500") }
        guard (0...100).contains(quality) else { throw ValidationError("--quality must be 0 to 100") }
        guard (1...256).contains(numThread ?? 1) else { throw ValidationError("--num-thread must be 1 to 256") }
    }

    func run() async throws {
        let interruption = Interruption()
        try show(interruption.watching { try perform(interruption: interruption) })
    }

    func perform(interruption: Interruption = Interruption()) throws -> OptimizeSummary {
        let inputs = try RecordPaths(expanding: input).paths
        guard inputs.count == 1 else { throw ToolError("'\(input)' names \(inputs.count) files; give one") }
        let indexBeside = Self.indexPath(of: inputs[0])
        let hasIndex = FileManager.default.fileExists(atPath: indexBeside)
        var run = OptimizeRun(
            input: inputs[0], output: output, inputIndex: index ?? (hasIndex ? indexBeside : nil),
            outputIndex: Self.indexPath(of: output))
        for path in [run.output, run.outputIndex] where !force && FileManager.default.fileExists(atPath: path) {
            throw ToolError("'\(path)' exists; use --force to overwrite it")
        }
        run.restarts = restarts
        run.resizing.resize = resize
        run.resizing.quality = quality
        run.resizing.interpolation = filter.interpolation
        run.threads = numThread ?? min(256, ProcessInfo.processInfo.activeProcessorCount)
        run.isStrict = strict
        return try run.run(interruption: interruption)
    }

    private var restarts: JPEGRestarts {
        restartRows.map(JPEGRestarts.rows) ?? (restartBytes > 0 ? .bytes(restartBytes) : .none)
    }

    private static func indexPath(of path: String) -> String {
        (path.hasSuffix(".rec") ? String(path.dropLast(4)) : path) + ".idx"
    }

    private func show(_ summary: OptimizeSummary) throws {
        if json {
            print(try jsonText(summary))
            return
        }
        let share = 100 * Double(summary.bytesAfter) / Double(max(1, summary.bytesBefore))
        print("\(output): \(summary.records) records, \(summary.rewritten) pictures rewritten")
        if summary.resized > 0 { print("  \(summary.resized) made smaller") }
        if summary.kept > 0 { print("  \(summary.kept) JPEGs kept as they are") }
        if summary.otherFormats > 0 { print("  \(summary.otherFormats) pictures of other formats, kept as they are") }
        if summary.withoutPicture > 0 { print("  \(summary.withoutPicture) records without a picture") }
        if summary.damagedRanges > 0 { print("  \(summary.damagedRanges) damaged stretches left out") }
        print(
            "  \(summary.bytesBefore) bytes before, \(summary.bytesAfter) after "
                + String(format: "(%.1f %%), %.1f s", share, summary.seconds))
    }
}

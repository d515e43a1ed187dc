import ArgumentParser
import Foundation

/// `headrace rec pack`: all that MXNet's `tools/im2rec.py` does.
struct RecPack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Makes lists of pictures and packs pictures into RecordIO files.",
        discussion: """
            The options are those of MXNet's im2rec.py. With --list, the pictures in ROOT are listed in PREFIX.lst, or, with \
            --chunks or --train-ratio, in PREFIX_0.lst, PREFIX_train.lst and so on. Without it, these lists are packed into \
            .rec and .idx files beside them; when there is no list, it is made first. With --recursive the names of the \
            classes go to PREFIX.classes.tsv.

            A picture that cannot be read is reported and left out; with --strict it ends the run. Files appear when they \
            are complete: a run that fails or is interrupted leaves nothing behind.

            Examples:
              headrace rec pack --list --recursive --train-ratio 0.9 data/flowers photos
              headrace rec pack --resize 256 --quality 90 data/flowers photos
            """)

    @Argument(help: "Path and name of the lists and records, without ending; or a list.") var prefix: String
    @Argument(help: "The folder with the pictures.") var root: String
    @Flag(help: "Make lists, not records.") var list = false
    @OptionGroup(title: "Making lists") var listOptions: ListOptions
    @OptionGroup(title: "Making records") var recordOptions: RecordOptions
    @Flag(help: "Fail at the first picture or line that cannot be used.") var strict = false
    @Flag(help: "Overwrite files that are there.") var force = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard !prefix.isEmpty, !prefix.hasSuffix("/") else { throw ValidationError("PREFIX must end with a name") }
    }

    func run() async throws {
        try show(perform(interruption: Interruption()))
    }

    /// - Parameter interruption: what signals that come while records are written are told to; nil: they are left alone.
    func perform(interruption: Interruption? = nil) throws -> PackSummary {
        list ? try makeLists() : try packLists(interruption)
    }

    private func makeLists() throws -> PackSummary {
        let (lists, classes) = try listOptions.makeLists(prefix: prefix, root: root)
        try refuseToOverwrite(lists.map(\.listPath) + (classes == nil ? [] : [classPath]))
        try write(lists, classes: classes)
        var summary = PackSummary()
        summary.files = lists.map { list in
            PackSummary.File(
                list: list.listPath, images: ListReader(list.bytes).lineCount, leftOut: 0, badLines: 0,
                bytes: UInt64(list.bytes.count))
        }
        summary.classes = classes
        return summary
    }

    private func packLists(_ interruption: Interruption?) throws -> PackSummary {
        var (lists, warning) = try PackList.existing(prefix: prefix)
        if let warning { report("warning: \(warning)") }
        var classes: [String]?
        if lists.isEmpty {
            guard !prefix.hasSuffix(".lst") else { throw ToolError("there is no list '\(prefix)'") }
            (lists, classes) = try listOptions.makeLists(prefix: prefix, root: root)
        }
        try refuseToOverwrite(lists.flatMap { [$0.recordPath, $0.indexPath] } + (classes == nil ? [] : [classPath]))
        var run = PackRun(lists: lists, root: root)
        run.treatment = recordOptions.treatment
        run.packsLabels = recordOptions.packLabel
        run.threads = recordOptions.threads
        run.isStrict = strict
        var summary = try watching(interruption) { interruption in
            try run.run(interruption: interruption) { try write(lists.filter(\.isNew), classes: classes) }
        }
        summary.classes = classes
        return summary
    }

    private func watching<R>(_ interruption: Interruption?, _ body: (Interruption) throws -> R) throws -> R {
        guard let interruption else { return try body(Interruption()) }
        return try interruption.watching { try body(interruption) }
    }

    /// Label and folder of every class: which label a folder gets depends on which folders hold pictures.
    private var classPath: String { prefix + ".classes.tsv" }

    private func write(_ lists: [PackList], classes: [String]?) throws {
        for list in lists { try Data(list.bytes).write(to: URL(fileURLWithPath: list.listPath), options: .atomic) }
        guard let classes else { return }
        let text = classes.enumerated().map { "\($0)\t\($1)\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: classPath), options: .atomic)
    }

    private func refuseToOverwrite(_ paths: [String]) throws {
        guard !force, let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return }
        throw ToolError("'\(path)' exists; use --force to overwrite it")
    }

    private func show(_ summary: PackSummary) throws {
        if json {
            print(try jsonText(summary))
            return
        }
        for (label, folder) in (summary.classes ?? []).enumerated() { print("\(folder) \(label)") }
        for file in summary.files {
            let leftOut = file.leftOut + file.badLines
            print("\(file.records ?? file.list): \(file.images) images" + (leftOut > 0 ? ", \(leftOut) left out" : ""))
        }
        guard !list else { return }
        print(
            "packed \(summary.images) images, left out \(summary.leftOut), \(summary.bytes) bytes in "
                + String(format: "%.2f s, %.0f images/s", summary.seconds, summary.imagesPerSecond))
    }
}

import ArgumentParser
import DataTypes
import Foundation
import RecordIO

/// Packs lists into .rec and .idx files: all of them, or nothing.
struct PackRun {
    var lists: [PackList]
    /// The folder that the lists' paths are relative to.
    var root: String
    var treatment = PictureTreatment()
    var packsLabels = false
    var threads = 1
    /// A row that cannot be packed ends the run.
    var isStrict = false

    private var summary = PackSummary()

    init(lists: [PackList], root: String) {
        self.lists = lists
        self.root = root
    }

    /// - Parameter commit: called when everything is packed and nothing yet has its name.
    /// - Throws: `ToolError` for a row under `isStrict` and when there is no picture at all, `RecordError`,
    ///   `ExitCode` when the user interrupts. Nothing is left behind then.
    mutating func run(interruption: Interruption = Interruption(), commit: () throws -> Void = {}) throws -> PackSummary
    {
        let start = monotonicNanoseconds()
        let files = try lists.map { list in try PackedFile(list) }
        for file in files { try pack(file, interruption: interruption) }
        guard files.contains(where: { $0.images > 0 }) else {
            throw ToolError("none of the pictures could be packed; nothing was written")
        }
        try commit()
        for file in files { try file.finish() }
        summary.files = files.map { file in
            PackSummary.File(
                list: file.list.listPath, records: file.list.recordPath, images: file.images, leftOut: file.leftOut,
                badLines: file.badLines, bytes: file.byteCount)
        }
        summary.seconds = Double(monotonicNanoseconds() - start) / 1e9
        summary.imagesPerSecond = Double(summary.images) / max(summary.seconds, 1e-9)
        return summary
    }

    private mutating func pack(_ file: PackedFile, interruption: Interruption) throws {
        let reader = ListReader(file.list.bytes)
        let total = reader.lineCount
        var bar = ProgressBar("packing")
        let (root, packsLabels, treatment) = (root, packsLabels, treatment)
        var rows = reader
        let workers = OrderedWorkers(threads: threads, byteCount: \PackedRow.byteCount) {
            rows.next()
        } worker: {
            let encoder = PictureEncoder(treatment)
            return { row in PackedRow(row, root: root, packsLabels: packsLabels, encoder: encoder) }
        }
        defer {
            workers.stop()
            bar.finish()
        }
        interruption.onSignal { workers.stop() }
        while let row = workers.next() {
            try note(row, of: file, bar: bar)
            try file.add(row)
            bar.update(row.line, of: max(total, row.line))
        }
        // As a shell reports a command that a signal ended.
        if let signal = interruption.received { throw ExitCode(128 + signal) }
    }

    /// Reports a row that is left out.
    private mutating func note(_ row: PackedRow, of file: PackedFile, bar: ProgressBar) throws {
        let path: String?
        let reason: String
        switch row.outcome {
        case .record: return
        case .unusable(let picture, let fault): (path, reason) = (picture, "\(fault)")
        case .badLine(let fault): (path, reason) = (nil, fault)
        }
        let place = "\(file.list.listPath) line \(row.line): "
        let text = place + (path.map { "'\($0)' " } ?? "") + reason
        if isStrict { throw ToolError("\(text); nothing was written") }
        bar.finish()
        report(text + "; left out")
        if summary.problems.count < PackSummary.maxProblems {
            summary.problems.append(
                PackSummary.Problem(list: file.list.listPath, line: row.line, path: path, reason: reason))
        }
    }
}

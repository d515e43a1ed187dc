import ArgumentParser
import DataTypes
import Foundation
import ImageCodec
import RecordIO

/// Rewrites one .rec file into another, and its .idx file: all of it, or nothing.
struct OptimizeRun {
    var input: String
    var output: String
    /// nil: there is none.
    var inputIndex: String?
    var outputIndex: String
    var restarts = JPEGRestarts.bytes(512)
    /// What happens to pictures that are larger than its `resize`; without one, nothing.
    var resizing = PictureTreatment()
    var threads = 1
    /// A JPEG that cannot be rewritten, and a damaged stretch, end the run.
    var isStrict = false

    private var summary = OptimizeSummary()

    init(input: String, output: String, inputIndex: String?, outputIndex: String) {
        self.input = input
        self.output = output
        self.inputIndex = inputIndex
        self.outputIndex = outputIndex
    }

    /// - Throws: `ToolError` under `isStrict`, for an index of another file and when there is no record at all;
    ///   `RecordError`; `ExitCode` when the user interrupts. Nothing is left behind then.
    mutating func run(interruption: Interruption = Interruption()) throws -> OptimizeSummary {
        let start = monotonicNanoseconds()
        let file = try RecordFile(path: input)
        var index = try OutputIndex(listPath: inputIndex, for: file)
        var writer = try RecordWriter(path: output, indexPath: outputIndex)
        let damage = try rewrite(file, to: &writer, &index, interruption)
        guard summary.records > 0 else { throw ToolError("there is no record in '\(input)'; nothing was written") }
        try index.write(to: &writer, damage: damage)
        summary.bytesBefore = file.byteCount
        summary.bytesAfter = writer.byteCount
        try writer.finish()
        summary.seconds = Double(monotonicNanoseconds() - start) / 1e9
        return summary
    }

    private mutating func rewrite(
        _ file: RecordFile, to writer: inout RecordWriter, _ index: inout OutputIndex, _ interruption: Interruption
    ) throws -> DamageReport {
        var bar = ProgressBar("rewriting")
        let feed = RecordFeed(file, isStrict: isStrict)
        let (restarts, resizing) = (restarts, resizing)
        let workers = OrderedWorkers(threads: threads) { (record: RewrittenRecord) in
            record.payload.count
        } source: {
            feed.next()
        } worker: {
            let rewriter = RecordRewriter(restarts: restarts, resizing: resizing)
            return { record in rewriter.rewrite(record) }
        }
        defer {
            workers.stop()
            bar.finish()
        }
        interruption.onSignal { workers.stop() }
        while let record = workers.next() {
            try note(record, bar: bar)
            index.add(record, at: try writer.append(record.payload.span))
            bar.update(Int(record.offset >> 20), of: max(1, Int(file.byteCount >> 20)))
        }
        // As a shell reports a command that a signal ended.
        if let signal = interruption.received { throw ExitCode(128 + signal) }
        let damage = try feed.finish()
        summary.damagedRanges = damage.rangeCount
        for range in damage.ranges { report("\(range); left out") }
        return damage
    }

    /// Counts a record, and reports a JPEG that stays as it is.
    private mutating func note(_ record: RewrittenRecord, bar: ProgressBar) throws {
        summary.records += 1
        switch record.outcome {
        case .rewritten(let isResized):
            summary.rewritten += 1
            if isResized { summary.resized += 1 }
        case .withoutPicture: summary.withoutPicture += 1
        case .otherFormat: summary.otherFormats += 1
        case .kept(let reason):
            let text = "'\(input)': record \(record.ordinal) at byte \(record.offset): \(reason)"
            if isStrict { throw ToolError("\(text); nothing was written") }
            summary.kept += 1
            bar.finish()
            report("\(text); kept as it is")
            guard summary.problems.count < OptimizeSummary.maxProblems else { return }
            summary.problems.append(
                OptimizeSummary.Problem(record: record.ordinal, offset: record.offset, reason: reason))
        }
    }
}

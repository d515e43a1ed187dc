import DataTypes
import Synchronization

/// One batch in execution: a plan, the slab it goes into, and what has become of its rows.
final class BatchJob: Sendable {
    let source: any BatchSource
    let plan: BatchPlan
    let slab: Slab
    /// Set when nobody wants the batch any more: rows not yet begun are left out.
    let isCancelled = Atomic(false)
    /// Called once, by the worker that ends the last row.
    private let completion: @Sendable (BatchJob) -> Void

    /// Bad records of a batch that are described. In a ruined data set every row is one, and words take more memory than
    /// the small samples of a large batch.
    static let describedBadRecords = 256

    private struct Outcome {
        var remaining: Int
        /// Those of the lowest rows: which they are must not depend on who came first.
        var bad: [(row: Int, record: BadRecord)] = []
        var badCount = 0
        /// Rows that were cleared.
        var lost: [Int] = []
        var times = StageTimes()
        var cpuNanoseconds: UInt64 = 0

        mutating func keepFirstBad() {
            bad.sort { $0.row < $1.row }
            bad.removeLast(max(0, bad.count - BatchJob.describedBadRecords))
        }
    }
    private let outcome: Mutex<Outcome>

    init(
        source: any BatchSource, plan: BatchPlan, slab: Slab, completion: @escaping @Sendable (BatchJob) -> Void
    ) {
        self.source = source
        self.plan = plan
        self.slab = slab
        self.completion = completion
        outcome = Mutex(Outcome(remaining: plan.slots.count))
    }

    /// Executes `rows` on the calling worker.
    ///
    /// - Returns: what it took.
    func run(rows: Range<Int>, worker: WorkerScratch) -> TaskTimes {
        let begin = monotonicNanoseconds()
        let start = threadCPUNanoseconds()
        var times = StageTimes()
        var bad: [(row: Int, record: BadRecord, wasReplaced: Bool)] = []
        if !isCancelled.load(ordering: .relaxed),
            !source.execute(rows: rows, of: plan, into: slab, worker: worker, times: &times)
        {
            for row in rows {
                if let failure = execute(row: row, worker: worker, times: &times) { bad.append(failure) }
            }
        }
        let used = threadCPUNanoseconds() - start
        let isLast = outcome.withLock { outcome in
            outcome.remaining -= rows.count
            outcome.badCount += bad.count
            outcome.lost += bad.lazy.filter { !$0.wasReplaced }.map(\.row)
            outcome.bad += bad.lazy.map { ($0.row, $0.record) }
            if outcome.bad.count > 2 * Self.describedBadRecords { outcome.keepFirstBad() }
            outcome.times.add(times)
            outcome.cpuNanoseconds += used
            return outcome.remaining == 0
        }
        let wall = monotonicNanoseconds() - begin
        if isLast { completion(self) }
        return TaskTimes(cpu: used, wall: wall, waited: min(times.read, wall - min(used, wall)))
    }

    private func execute(
        row: Int, worker: WorkerScratch, times: inout StageTimes
    ) -> (row: Int, record: BadRecord, wasReplaced: Bool)? {
        guard let slot = plan.slots[row] else {
            clear(row: row)
            return nil
        }
        do throws(BadRecord) {
            try source.execute(slot, row: row, into: slab, worker: worker, times: &times)
            return nil
        } catch {
            if source.badRecordPolicy == .substitute, substitute(slot, row: row, worker: worker, times: &times) {
                return (row, error, true)
            }
            clear(row: row)
            return (row, error, false)
        }
    }

    /// Tries other records in the row's place. A data set in which 32 draws find nothing good is not worth more.
    private func substitute(_ slot: Slot, row: Int, worker: WorkerScratch, times: inout StageTimes) -> Bool {
        for attempt in 0..<32 {
            let other = source.epochPlan.substitute(for: slot, attempt: attempt)
            do throws(BadRecord) {
                try source.execute(other, row: row, into: slab, worker: worker, times: &times)
                return true
            } catch {
                continue
            }
        }
        return false
    }

    /// Makes every byte of a row zero (its index all ones), so that nothing of an earlier batch shows.
    private func clear(row: Int) {
        for tensor in source.info.layout.tensors {
            for block in 0..<tensor.blockCount {
                // Rows of one tensor do not overlap, and this worker has this row.
                unsafe bytes(of: tensor, row: row, block: block)
                    .initializeMemory(as: UInt8.self, repeating: tensor.role == .index ? 0xFF : 0)
            }
        }
    }

    private func bytes(of tensor: BatchLayout.Tensor, row: Int, block: Int) -> UnsafeMutableRawBufferPointer {
        let start = tensor.start(row: row, block: block, batchSize: plan.slots.count)
        // The slab is as large as its layout, which has room for every row.
        return unsafe UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + tensor.blockBytes])
    }

    /// What became of the batch. Only for the completion.
    func finish() -> BatchOutcome {
        outcome.withLock { outcome in
            outcome.keepFirstBad()
            var lost = 0
            if source.badRecordPolicy != .error {
                moveUp(over: outcome.lost)
                // A lost row of the filling was counted in `pad` already.
                lost = outcome.lost.count { !(plan.slots[$0]?.isPadding ?? true) }
            }
            return BatchOutcome(
                badRecords: outcome.bad.map(\.record), badRecordCount: outcome.badCount, pad: plan.pad + lost,
                times: outcome.times, cpuNanoseconds: outcome.cpuNanoseconds)
        }
    }

    /// Closes the gaps that lost rows leave: rows behind move up, cleared rows come to the end.
    private func moveUp(over lost: [Int]) {
        guard let first = lost.min() else { return }
        let gone = Set(lost)
        var target = first
        for row in first..<plan.slots.count where !gone.contains(row) {
            for tensor in source.info.layout.tensors {
                for block in 0..<tensor.blockCount {
                    // All workers are done with the batch, so this thread has it alone.
                    unsafe bytes(of: tensor, row: target, block: block)
                        .copyMemory(from: UnsafeRawBufferPointer(bytes(of: tensor, row: row, block: block)))
                }
            }
            target += 1
        }
        for row in target..<plan.slots.count { clear(row: row) }
        for tensor in source.info.layout.sparse { tensor.moveUp(over: gone, in: slab) }
    }
}

/// The facts of a batch whose rows are all done.
struct BatchOutcome {
    var badRecords: [BadRecord]
    var badRecordCount: Int
    var pad: Int
    var times: StageTimes
    var cpuNanoseconds: UInt64
}

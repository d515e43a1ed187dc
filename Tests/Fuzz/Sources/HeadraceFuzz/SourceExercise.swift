import DataTypes

/// Reads the beginning of what an iterator serves, as a decode thread would.
enum SourceExercise {
    /// Batches that are larger are not made: memory for them is the client's share, not the data's doing.
    private static let maxPayloadBytes = 4 << 20
    private static let maxRows = 64

    static func run(_ source: any BatchSource) {
        let layout = source.info.layout
        expect(layout.payloadBytes > 0, "a batch of \(layout.payloadBytes) bytes")
        expect(source.epochPlan.stepCount(epoch: 0) >= 0, "an epoch of fewer than no batches")
        guard layout.payloadBytes <= maxPayloadBytes, layout.batchSize <= maxRows else { return }
        let worker = WorkerScratch()
        for epoch in 0..<2 {
            for step in 0..<min(2, source.epochPlan.stepCount(epoch: epoch)) {
                let plan = source.epochPlan.plan(BatchAddress(epoch: epoch, step: step))
                expect(plan.slots.count == layout.batchSize, "a plan of \(plan.slots.count) rows")
                expect((0...layout.batchSize).contains(plan.pad), "pad is \(plan.pad)")
                run(plan, of: source, worker)
            }
        }
    }

    private static func run(_ plan: BatchPlan, of source: any BatchSource, _ worker: WorkerScratch) {
        let layout = source.info.layout
        let slab = HeapSlabAllocator().allocate(byteCount: layout.payloadBytes)
        var times = StageTimes()
        source.readAhead(plan)
        source.begin(plan, in: slab)
        guard !source.execute(rows: 0..<layout.batchSize, of: plan, into: slab, worker: worker, times: &times) else {
            return
        }
        for (row, slot) in plan.slots.enumerated() {
            guard let slot else { continue }
            do throws(BadRecord) {
                try source.execute(slot, row: row, into: slab, worker: worker, times: &times)
            } catch {
                expect(!error.reason.isEmpty && !error.message.isEmpty, "a bad record without a reason")
            }
        }
    }
}

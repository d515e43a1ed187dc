import DataTypes
import RecordIO

/// Rows of arrays. Where a row lies is arithmetic, so it is read straight to its place in the batch.
///
/// Follows MXNet 1.9.1 `python/mxnet/io/io.py`, `NDArrayIter`, in names, their order and the ends of epochs.
final class NDArraySource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask: Int
    private let columns: [ArrayColumn]
    private let indexTensor: BatchLayout.Tensor

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        let parameters: NDArrayParameters
        do throws(ParameterError) {
            parameters = try NDArrayParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        let batching = parameters.batching
        badRecordPolicy = batching.badRecordPolicy
        var inputs = ArrayInputs(parameters: parameters)
        try inputs.open(context: context)
        let rowCount = try inputs.checkRows()
        let layout = try inputs.layout(maxBatchBytes: context.maxBatchBytes)
        columns = zip(inputs.all, layout.tensors).map { input, tensor in
            ArrayColumn(array: input.array, axis: input.axis, tensor: tensor, batchSize: batching.batchSize)
        }
        indexTensor = layout.index
        let rowBytes = columns.reduce(0) { $0 + $1.storedRowBytes }
        epochPlan = batching.epochPlan(recordCount: rowCount, byteCount: UInt64(rowBytes) * UInt64(rowCount)) { _ in
            preconditionFailure("refused by NDArrayParameters")
        }
        // A task of some ten microseconds: far more than handing it out costs.
        slotsPerTask = max(1, min(1024, 131_072 / rowBytes))

        var spec = Fingerprint()
        spec.combine("\(NDArrayIterator.name)\n" + NDArrayParameters.canonicalText(values, batching: batching))
        var manifest = Fingerprint()
        for (role, inputs) in [("data", inputs.data), ("label", inputs.label)] {
            manifest.combine("\(role) \(inputs.count)")
            for input in inputs { input.array.addFingerprint(to: &manifest) }
        }
        info = StreamInfo(
            iterator: NDArrayIterator.name, provideData: inputs.data.map(\.desc),
            provideLabel: inputs.label.map(\.desc), layout: layout, batchSize: batching.batchSize,
            numParts: batching.numParts, partIndex: batching.partIndex, recordCount: rowCount,
            partRecordCount: epochPlan.partRecordCount, manifestHash: manifest.hex, specHash: spec.hex,
            prefetch: batching.prefetch, parameters: values.values, warnings: inputs.warnings)
    }

    func readAhead(_ plan: BatchPlan) {
        forEachRun(0..<plan.slots.count, of: plan) { _, run in
            for column in columns { column.readAhead(ordinal: run.ordinal, count: run.count) }
        }
    }

    func execute(
        rows: Range<Int>, of plan: BatchPlan, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) -> Bool {
        var clock = StageClock()
        let scratch = worker.object(ArrayColumn.Scratch.self) { ArrayColumn.Scratch() }
        let isWhole = forEachRun(rows, of: plan) { row, run throws(RecordError) in
            for column in columns {
                try column.copy(ordinal: run.ordinal, count: run.count, row: row, to: slab, scratch: scratch)
            }
            for number in 0..<run.count { setIndex(run.ordinal + number, row: row + number, slab) }
        }
        times.read += clock.lap()
        return isWhole
    }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        var clock = StageClock()
        let scratch = worker.object(ArrayColumn.Scratch.self) { ArrayColumn.Scratch() }
        for column in columns {
            do throws(RecordError) {
                try column.copy(ordinal: slot.ordinal, count: 1, row: row, to: slab, scratch: scratch)
            } catch {
                throw BadRecord(
                    reason: error.badRecordReason, message: error.description, file: column.array.path,
                    offset: column.offset(ordinal: slot.ordinal), ordinal: slot.ordinal)
            }
        }
        setIndex(slot.ordinal, row: row, slab)
        times.read += clock.lap()
    }

    private func setIndex(_ ordinal: Int, row: Int, _ slab: Slab) {
        // The row's bytes are this worker's alone until the batch is done.
        unsafe slab.bytes.storeBytes(
            of: UInt64(ordinal).littleEndian, toByteOffset: indexTensor.offset + 8 * row, as: UInt64.self)
    }

    /// Calls `body` with each run of rows that hold neighbouring records.
    ///
    /// - Returns: false when a row holds no record or `body` has thrown; it is not called again then.
    @discardableResult
    private func forEachRun(
        _ rows: Range<Int>, of plan: BatchPlan,
        _ body: (_ row: Int, _ run: (ordinal: Int, count: Int)) throws(RecordError) -> Void
    ) -> Bool {
        var row = rows.lowerBound
        while row < rows.upperBound {
            guard let first = plan.slots[row]?.ordinal else { return false }
            var count = 1
            while row + count < rows.upperBound, plan.slots[row + count]?.ordinal == first + count { count += 1 }
            do throws(RecordError) {
                try body(row, (first, count))
            } catch {
                return false
            }
            row += count
        }
        return true
    }
}

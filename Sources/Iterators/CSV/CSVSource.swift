import DataTypes
import RecordIO

/// Rows of numbers from text files, each parsed into its slot.
///
/// Follows MXNet 1.9.1 `src/io/iter_csv.cc` in shapes, order and rounding of epochs. Numbers are read correctly rounded and
/// text that is no number is refused, where MXNet guesses.
final class CSVSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask: Int
    private let data: CSVTable
    private let label: CSVTable?
    private let dataTensor: BatchLayout.Tensor
    private let labelTensor: BatchLayout.Tensor
    private let indexTensor: BatchLayout.Tensor
    /// Rows that are read together: a task's, unless the order is random.
    private let rowsAhead: Int

    /// What one worker keeps between rows, shared by all streams.
    private final class Scratch {
        var data = CSVWindow()
        var label = CSVWindow()
        /// Runs through a task.
        var clock = StageClock()
    }

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        let parameters: CSVParameters
        do throws(ParameterError) {
            parameters = try CSVParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        let batching = parameters.batching
        badRecordPolicy = batching.badRecordPolicy
        data = try CSVTable(
            paths: parameters.dataPaths, parameter: "data_csv", parser: parameters.data,
            isRandom: batching.shuffles, context: context)
        label = try Self.labels(parameters, data: data, context: context)
        epochPlan = batching.epochPlan(recordCount: data.rowCount, byteCount: data.byteCount) { _ in
            preconditionFailure("refused by CSVParameters")
        }
        // A task of some fifty microseconds: far more than handing it out costs.
        slotsPerTask = max(1, min(128, 8192 / parameters.data.fieldCount))
        rowsAhead = epochPlan.order == .shuffled ? 1 : slotsPerTask

        let layout = BatchLayout(
            data: [parameters.provideData], label: [parameters.provideLabel], batchSize: batching.batchSize)
        dataTensor = layout.tensors[0]
        labelTensor = layout.tensors[1]
        indexTensor = layout.index
        var spec = Fingerprint()
        spec.combine("\(CSVIterator.name)\n" + CSVParameters.canonicalText(values, batching: batching))
        var manifest = Fingerprint()
        data.addFingerprint(to: &manifest)
        label?.addFingerprint(to: &manifest)
        info = StreamInfo(
            iterator: CSVIterator.name, provideData: [parameters.provideData], provideLabel: [parameters.provideLabel],
            layout: layout, batchSize: batching.batchSize, numParts: batching.numParts, partIndex: batching.partIndex,
            recordCount: data.rowCount, partRecordCount: epochPlan.partRecordCount, manifestHash: manifest.hex,
            specHash: spec.hex, prefetch: batching.prefetch, parameters: values.values,
            warnings: data.warnings + (label?.warnings ?? []))
    }

    private static func labels(
        _ parameters: CSVParameters, data: CSVTable, context: IteratorContext
    ) throws(StreamError) -> CSVTable? {
        guard let paths = parameters.labelPaths else { return nil }
        let label = try CSVTable(
            paths: paths, parameter: "label_csv", parser: parameters.label,
            isRandom: parameters.batching.shuffles, context: context)
        // More labels than data do no harm, as in MXNet.
        guard label.rowCount >= data.rowCount else {
            throw StreamError(
                .badData, "label_csv has \(label.rowCount) rows for the \(data.rowCount) rows of data_csv",
                hint: "every row of data needs a label; blank lines are not counted")
        }
        return label
    }

    func readAhead(_ plan: BatchPlan) {
        plan.forEachRun(of: \.ordinal) { rows in
            data.readAhead(rows)
            label?.readAhead(rows)
        }
    }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(Scratch.self) { Scratch() }
        // Looked at twice a task: it costs as much as reading five numbers.
        if row % slotsPerTask == 0 { scratch.clock = StageClock() }
        defer { if (row + 1) % slotsPerTask == 0 || row + 1 == info.batchSize { times.decode += scratch.clock.lap() } }
        do throws(CSVWindow.Failure) {
            // The row's bytes are this worker's alone until the batch is done.
            try unsafe data.read(
                slot.ordinal, ahead: rowsAhead, window: &scratch.data, into: bytes(of: dataTensor, row: row, slab))
            if let label {
                try unsafe label.read(
                    slot.ordinal, ahead: rowsAhead, window: &scratch.label,
                    into: bytes(of: labelTensor, row: row, slab))
            } else {
                unsafe bytes(of: labelTensor, row: row, slab).initializeMemory(as: UInt8.self, repeating: 0)
            }
        } catch {
            throw BadRecord(
                reason: error.reason, message: error.message, file: error.file, offset: error.offset,
                ordinal: slot.ordinal)
        }
        unsafe slab.bytes.storeBytes(
            of: UInt64(slot.ordinal).littleEndian, toByteOffset: indexTensor.offset + 8 * row, as: UInt64.self)
    }

    @inline(__always)
    private func bytes(of tensor: BatchLayout.Tensor, row: Int, _ slab: Slab) -> UnsafeMutableRawBufferPointer {
        let start = tensor.offset + row * tensor.sampleBytes
        // The slab is as large as its layout, which has room for every row.
        return unsafe UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + tensor.sampleBytes])
    }
}

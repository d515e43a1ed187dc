import DataTypes
import RecordIO

/// Sparse rows from text files, each parsed into its place in a batch's matrix.
///
/// Follows MXNet 1.9.1 `src/io/iter_libsvm.cc` in shapes, order and rounding of epochs. Where MXNet guesses what a line
/// means, or writes to memory that an index should not reach, it is refused.
final class LibSVMSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask: Int
    private let data: LibSVMTable
    private let label: LibSVMTable?
    /// Row numbers of the records, when some rows were left out.
    private let kept: [Int]?
    private let dataTensor: CSRTensor
    private let labelTensor: BatchLayout.Tensor
    /// With a label file.
    private let sparseLabel: CSRTensor?
    private let indexTensor: BatchLayout.Tensor
    /// Rows that are read together: a task's, unless the order is random.
    private let rowsAhead: Int

    /// What one worker keeps between rows, shared by all streams.
    private final class Scratch {
        var data = LibSVMWindow()
        var label = LibSVMWindow()
    }

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        let parameters: LibSVMParameters
        do throws(ParameterError) {
            parameters = try LibSVMParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        let batching = parameters.batching
        badRecordPolicy = batching.badRecordPolicy
        let data = try LibSVMTable(
            paths: parameters.dataPaths, parameter: "data_libsvm", parser: parameters.data,
            policy: badRecordPolicy, context: context)
        let label = try Self.labels(parameters, data: data, context: context)
        let kept = try Self.kept(data, label)
        let recordCount = kept?.count ?? data.rows.count
        let plan = batching.epochPlan(recordCount: recordCount, byteCount: data.byteCount) { part in
            let (first, end) = (
                data.firstRow(ofBytePart: part, of: batching.numParts),
                data.firstRow(ofBytePart: part + 1, of: batching.numParts)
            )
            guard let kept else { return first..<end }
            return Self.ordinal(ofRow: first, kept)..<Self.ordinal(ofRow: end, kept)
        }
        (self.data, self.label, self.kept, epochPlan) = (data, label, kept, plan)

        let capacity = Self.capacity(data, kept, plan)
        let provideData = parameters.provideData(capacity: capacity)
        let provideLabel = parameters.provideLabel(capacity: label.map { Self.capacity($0, kept, plan) })
        let layout = BatchLayout(data: [provideData], label: [provideLabel], batchSize: batching.batchSize)
        dataTensor = layout.sparse[0]
        sparseLabel = label == nil ? nil : layout.sparse[1]
        // Behind the three members of the data.
        labelTensor = layout.tensors[3]
        indexTensor = layout.index
        // A task of some ten microseconds: far more than handing it out costs.
        slotsPerTask = max(1, min(64, 2048 / (1 + capacity / batching.batchSize)))
        rowsAhead = epochPlan.order == .shuffled ? 1 : slotsPerTask

        var spec = Fingerprint()
        spec.combine("\(LibSVMIterator.name)\n" + LibSVMParameters.canonicalText(values, batching: batching))
        var manifest = Fingerprint()
        data.addFingerprint(to: &manifest)
        label?.addFingerprint(to: &manifest)
        info = StreamInfo(
            iterator: LibSVMIterator.name, provideData: [provideData], provideLabel: [provideLabel], layout: layout,
            batchSize: batching.batchSize, numParts: batching.numParts, partIndex: batching.partIndex,
            recordCount: recordCount, partRecordCount: epochPlan.partRecordCount, manifestHash: manifest.hex,
            specHash: spec.hex, prefetch: batching.prefetch, parameters: values.values,
            warnings: data.warnings + (label?.warnings ?? []))
    }

    private static func labels(
        _ parameters: LibSVMParameters, data: LibSVMTable, context: IteratorContext
    ) throws(StreamError) -> LibSVMTable? {
        guard let paths = parameters.labelPaths else { return nil }
        let label = try LibSVMTable(
            paths: paths, parameter: "label_libsvm", parser: parameters.label,
            policy: parameters.batching.badRecordPolicy, context: context)
        // More labels than data do no harm.
        guard label.rows.count >= data.rows.count else {
            throw StreamError(
                .badData,
                "label_libsvm has \(label.rows.count) rows for the \(data.rows.count) rows of data_libsvm",
                hint: "every row of data needs one of labels; blank lines and comments are not counted")
        }
        return label
    }

    /// The rows whose data and labels can both be read, or nil when that is all of them.
    private static func kept(_ data: LibSVMTable, _ label: LibSVMTable?) throws(StreamError) -> [Int]? {
        let bad = Set(data.rows.bad + (label?.rows.bad ?? []).prefix { $0 < data.rows.count })
        guard !bad.isEmpty else { return nil }
        let kept = (0..<data.rows.count).filter { !bad.contains($0) }
        guard !kept.isEmpty else { throw StreamError(.badData, "no row of data_libsvm and label_libsvm can be read") }
        return kept
    }

    /// How many records come before row `row`.
    private static func ordinal(ofRow row: Int, _ kept: [Int]) -> Int {
        var low = 0
        var high = kept.count
        while low < high {
            let middle = (low + high) / 2
            if kept[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The most elements that any batch can have; one at least, since no tensor is without.
    private static func capacity(_ table: LibSVMTable, _ kept: [Int]?, _ plan: EpochPlan) -> Int {
        var rowsWith: [UInt32: Int] = [:]
        for ordinal in plan.firstRecord..<plan.firstRecord + plan.recordCount {
            rowsWith[table.rows.pairCounts[kept?[ordinal] ?? ordinal], default: 0] += 1
        }
        let sizes = rowsWith.sorted { $0.key > $1.key }.map { (number: Int($0.key), records: $0.value) }
        return max(1, plan.largestBatchSum(sizes))
    }

    private func row(_ slot: Slot) -> Int { kept?[slot.ordinal] ?? slot.ordinal }

    func readAhead(_ plan: BatchPlan) {
        plan.forEachRun(of: row) { rows in
            data.readAhead(rows)
            label?.readAhead(rows)
        }
    }

    func begin(_ plan: BatchPlan, in slab: Slab) {
        for (table, tensor) in [(data, dataTensor), (label, sparseLabel)] as [(LibSVMTable?, CSRTensor?)] {
            guard let table, let tensor else { continue }
            tensor.begin(plan.slots.lazy.map { $0.map { Int(table.rows.pairCounts[self.row($0)]) } ?? 0 }, in: slab)
        }
    }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(Scratch.self) { Scratch() }
        var clock = StageClock()
        let number = self.row(slot)
        do throws(LibSVMWindow.Failure) {
            let value = try unsafe scratch.data.read(
                number, of: data, ahead: rowsAhead, into: room(dataTensor, row, slab))
            if let label, let sparseLabel {
                _ = try unsafe scratch.label.read(
                    number, of: label, ahead: rowsAhead, into: room(sparseLabel, row, slab))
            } else {
                // The row's four bytes are this worker's alone.
                unsafe slab.bytes.storeBytes(
                    of: value.bitPattern.littleEndian, toByteOffset: labelTensor.offset + 4 * row, as: UInt32.self)
            }
        } catch {
            throw BadRecord(
                reason: error.reason, message: error.message, file: error.file, offset: error.offset,
                ordinal: slot.ordinal)
        }
        // So are its eight bytes of index.
        unsafe slab.bytes.storeBytes(
            of: UInt64(number).littleEndian, toByteOffset: indexTensor.offset + 8 * row, as: UInt64.self)
        times.decode += clock.lap()
    }

    /// The row's places in a matrix, which are this worker's alone until the batch is done.
    private func room(_ tensor: CSRTensor, _ row: Int, _ slab: Slab) -> LibSVMRowParser.Room {
        let place = tensor.place(ofRow: row, in: slab)
        func bytes(_ member: BatchLayout.Tensor, _ width: Int) -> UnsafeMutableRawBufferPointer {
            // `begin` has seen to it that places lie in the tensor.
            unsafe UnsafeMutableRawBufferPointer(
                rebasing: slab.bytes[
                    member.offset + width * place.lowerBound..<member.offset + width * place.upperBound])
        }
        return unsafe LibSVMRowParser.Room(values: bytes(tensor.values, 4), indices: bytes(tensor.indices, 8))
    }
}

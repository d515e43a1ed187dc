import DataTypes
import RecordIO

/// Records of RecordIO files as bytes: text, audio, pickles, whatever the trainer decodes itself.
///
/// MXNet has no such iterator. A row is a record, filled up with zeros, and beside it stands its length.
final class RawRecordSource: BatchSource {
    static let kind = IteratorKind(
        name: "RecordIter", summary: "Records of RecordIO files as bytes, for trainers that decode them themselves.",
        specs: RawRecordParameters.specs, pathParameters: ["path_rec", "path_idx"],
        pathListParameters: ["path_rec", "path_idx"]
    ) { values, context throws(StreamError) in
        try RawRecordSource(values: values, context: context)
    }

    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask: Int
    private let parameters: RawRecordParameters
    private let manifest: Manifest
    private let dataTensor: BatchLayout.Tensor
    private let lengthTensor: BatchLayout.Tensor
    /// nil when headers are kept.
    private let labelTensor: BatchLayout.Tensor?
    private let indexTensor: BatchLayout.Tensor

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        do throws(ParameterError) {
            parameters = try RawRecordParameters(values, iterator: Self.kind.name, context: context)
        } catch {
            throw StreamError(parameter: error)
        }
        let batching = parameters.batching
        badRecordPolicy = batching.badRecordPolicy
        let files = try context.recordFiles(parameters.recordPaths, parameter: "path_rec")
        do throws(RecordError) {
            manifest = try Manifest.open(
                paths: files.paths, indexPaths: parameters.indexPaths, cacheDirectory: context.cacheDirectory,
                maximumRecordBytes: context.maxRecordBytes)
        } catch {
            throw StreamError(record: error)
        }
        guard manifest.sampleCount <= EpochPlan.maxRecords else {
            throw StreamError(
                .badData,
                "the data set has \(manifest.sampleCount) records; at most \(EpochPlan.maxRecords) can be served",
                hint: "open its files in several streams")
        }
        let damage = manifest.damage
        if badRecordPolicy == .error, let first = damage.ranges.first {
            throw StreamError(
                .badData, "\(first)" + (damage.rangeCount > 1 ? " (and \(damage.rangeCount - 1) more)" : ""),
                hint: "open with on_bad_record=\"skip\" to leave damaged stretches out, or repair the file")
        }

        let manifest = manifest
        let (numParts, isIndexed) = (batching.numParts, !parameters.indexPaths.isEmpty)
        epochPlan = batching.epochPlan(recordCount: manifest.sampleCount, byteCount: manifest.byteCount) { part in
            isIndexed
                ? BytePartition.byRecords(manifest.sampleCount, part: part, of: numParts)
                : BytePartition.byBytes(manifest, part: part, of: numParts)
        }

        let rowBytes = parameters.rowBytes(largest: manifest.largestRecordBytes, context: context)
        try Self.checkSize(parameters, rowBytes: rowBytes, context: context)
        // What a worker takes at once is about 64 KiB: smaller tasks cost more to take than to do.
        slotsPerTask = max(1, min(64, 65_536 / rowBytes))
        let provideData = parameters.provideData(rowBytes: rowBytes)
        let layout = BatchLayout(data: provideData, label: parameters.provideLabel, batchSize: batching.batchSize)
        dataTensor = layout.tensors[0]
        lengthTensor = layout.tensors[1]
        labelTensor = layout.tensors.first { $0.role == .label }
        indexTensor = layout.index

        var spec = Fingerprint()
        spec.combine("\(Self.kind.name)\n" + parameters.canonicalText(values, rowBytes: rowBytes))
        var data = Fingerprint()
        data.combine(manifest.fingerprint)
        info = StreamInfo(
            iterator: Self.kind.name, provideData: provideData, provideLabel: parameters.provideLabel, layout: layout,
            batchSize: batching.batchSize, numParts: numParts, partIndex: batching.partIndex,
            recordCount: manifest.sampleCount, partRecordCount: epochPlan.partRecordCount, manifestHash: data.hex,
            specHash: spec.hex, prefetch: batching.prefetch,
            parameters: values.values.merging(["max_record_bytes": .integer(rowBytes)]) { $1 },
            warnings: files.warnings + manifest.warnings + damage.ranges.prefix(16).map { "left out: \($0)" })
    }

    /// Refuses batches that would never be sent. One record far larger than the others is enough for that, so the
    /// message says what to do about it.
    private static func checkSize(
        _ parameters: RawRecordParameters, rowBytes: Int, context: IteratorContext
    ) throws(StreamError) {
        // Rows have at most 2⁴⁰ bytes and a batch 2²⁰ of them, so that nothing here overflows.
        let rows = parameters.batching.batchSize
        let labelBytes = parameters.header == .strip ? 4 * parameters.labelWidth : 0
        let bytes = rows * (rowBytes + labelBytes + 16)
        guard bytes <= context.maxBatchBytes else {
            let room = parameters.maxRecordBytes == nil ? "room for the largest record" : "max_record_bytes"
            throw StreamError(
                .overLimit,
                "a batch would take \(bytes) bytes: \(rows) rows of \(rowBytes) (\(room)) and \(labelBytes + 16); "
                    + "the daemon's limits.max_frame is \(context.maxBatchBytes)",
                hint: "lower batch_size, or lower max_record_bytes and set on_bad_record: longer records are bad ones")
        }
    }

    func readAhead(_ plan: BatchPlan) {
        manifest.readAhead(plan.slots.compactMap { $0?.ordinal })
    }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(RawRecordScratch.self) { RawRecordScratch() }
        var clock = StageClock()
        do throws(RecordError) {
            try manifest.readRecord(slot.ordinal, into: &scratch.record)
        } catch {
            throw bad(slot, error.badRecordReason, error.description)
        }
        try write(scratch.record, slot: slot, row: row, slab: slab)
        times.read += clock.lap()
    }

    private func write(
        _ record: borrowing RecordBuffer, slot: Slot, row: Int, slab: Slab
    ) throws(BadRecord) {
        var start = 0
        var index = UInt64(slot.ordinal)
        if let labelTensor {
            let header = try header(of: record, slot: slot)
            start = header.imageOffset
            index = header.id
            for position in 0..<parameters.labelWidth {
                let label = header.label(position, of: record.bytes)
                // Inside the row's label bytes, which are this worker's alone.
                unsafe slab.bytes.storeBytes(
                    of: label.bitPattern.littleEndian,
                    toByteOffset: labelTensor.offset + row * labelTensor.sampleBytes + 4 * position, as: UInt32.self)
            }
        }
        let count = record.byteCount - start
        let rowBytes = dataTensor.sampleBytes
        guard count <= rowBytes else {
            throw bad(slot, "too_large", "the record has \(count) bytes for a row; max_record_bytes is \(rowBytes)")
        }
        let rowStart = dataTensor.offset + row * rowBytes
        unsafe record.withUnsafeBytes { bytes in
            // This row of the slab is this worker's alone until the batch is done; the count fits, as was checked.
            let data = unsafe UnsafeMutableRawBufferPointer(rebasing: slab.bytes[rowStart..<rowStart + rowBytes])
            unsafe data.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start...]))
            unsafe UnsafeMutableRawBufferPointer(rebasing: data[count...]).initializeMemory(
                as: UInt8.self, repeating: 0)
        }
        // The row's eight bytes of length and of index are this worker's alone.
        unsafe slab.bytes.storeBytes(
            of: Int64(count).littleEndian, toByteOffset: lengthTensor.offset + 8 * row, as: Int64.self)
        unsafe slab.bytes.storeBytes(
            of: index.littleEndian, toByteOffset: indexTensor.offset + 8 * row, as: UInt64.self)
    }

    private func header(of record: borrowing RecordBuffer, slot: Slot) throws(BadRecord) -> ImageRecordHeader {
        let header: ImageRecordHeader
        do throws(RecordFault) {
            header = try ImageRecordHeader(parsing: record.bytes)
        } catch {
            throw bad(slot, "bad_header", error.description)
        }
        guard header.labelCount == parameters.labelWidth else {
            throw bad(
                slot, "bad_label",
                "record \(header.id) has \(header.labelCount) labels, label_width is \(parameters.labelWidth)")
        }
        return header
    }

    private func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord {
        let (file, entry) = manifest.locate(slot.ordinal)
        return BadRecord(
            reason: reason, message: message, file: manifest.files[file].file.path, offset: entry.offset,
            ordinal: slot.ordinal)
    }
}

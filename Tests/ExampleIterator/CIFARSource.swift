package import DataTypes
package import Iterators
import RecordIO

/// Pictures of the binary files of CIFAR-10 and CIFAR-100: rows of equal length, labels before pixels, all bytes.
package final class CIFARSource: BatchSource {
    package static let name = "CIFARIter"

    /// This iterator's line in the catalog.
    package static let kind = IteratorKind(
        name: name, summary: "Small pictures with labels from files of fixed-width binary rows.",
        specs: CIFARParameters.specs, pathParameters: ["path_bin"], pathListParameters: ["path_bin"]
    ) { values, context throws(StreamError) in
        try CIFARSource(values: values, context: context)
    }

    package let info: StreamInfo
    package let epochPlan: EpochPlan
    package let badRecordPolicy: BadRecordPolicy
    package let slotsPerTask: Int
    private let parameters: CIFARParameters
    private let files: [(file: RecordFile, firstRow: Int)]

    /// What one worker keeps between samples.
    private final class Scratch {
        var row = RecordBuffer()
    }

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        // 1. Parameters. Types, ranges and unknown names were checked with `specs`; what is left is what goes together.
        do throws(ParameterError) {
            parameters = try CIFARParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        let (batching, rowBytes) = (parameters.batching, parameters.rowBytes)

        // 2. Data: which records there are. Every file that is opened goes through `authorise`.
        var files: [(RecordFile, Int)] = []
        var count = 0
        var manifest = Fingerprint()
        for path in parameters.paths.split(separator: ";") {
            let allowed = try context.authorise(String(path), "path_bin")
            let file: RecordFile
            do throws(RecordError) {
                file = try RecordFile(path: allowed)
            } catch {
                throw StreamError(record: error)
            }
            guard file.byteCount.isMultiple(of: UInt64(rowBytes)) else {
                throw StreamError(
                    .badData, "'\(path)' has \(file.byteCount) bytes, which are no whole rows of \(rowBytes)",
                    hint: "check data_shape and label_width")
            }
            files.append((file, count))
            count += Int(file.byteCount) / rowBytes
            manifest.combine(file.byteCount)
        }
        guard count <= EpochPlan.maxRecords else {
            throw StreamError(.badData, "there are \(count) rows; at most \(EpochPlan.maxRecords) can be served")
        }
        self.files = files

        // 3. Order: batches, parts, shuffling and resuming. Rows are equally long, so parts by bytes are parts by count.
        epochPlan = batching.epochPlan(recordCount: count, byteCount: UInt64(count * rowBytes)) { part in
            count * part / batching.numParts..<count * (part + 1) / batching.numParts
        }
        badRecordPolicy = batching.badRecordPolicy
        // What a worker takes at once is about 64 KiB: smaller tasks cost more to take than to do.
        slotsPerTask = max(1, min(64, 65_536 / rowBytes))

        // 4. What a batch is, and the hashes that a resume token is checked by.
        let (data, label) = (parameters.provideData, parameters.provideLabel)
        var spec = Fingerprint()
        spec.combine("\(Self.name)\n" + parameters.canonicalText(values))
        info = StreamInfo(
            iterator: Self.name, provideData: [data], provideLabel: [label],
            layout: BatchLayout(data: [data], label: [label], batchSize: batching.batchSize),
            batchSize: batching.batchSize, numParts: batching.numParts, partIndex: batching.partIndex,
            recordCount: count, partRecordCount: epochPlan.partRecordCount, manifestHash: manifest.hex,
            specHash: spec.hex, prefetch: batching.prefetch, parameters: values.values, warnings: [])
    }

    package func readAhead(_ plan: BatchPlan) {
        for case let slot? in plan.slots {
            let (file, bytes) = locate(slot.ordinal)
            file.readAhead(offset: bytes.lowerBound, byteCount: UInt64(bytes.count))
        }
    }

    /// 5. One row of one batch: nothing but the slot decides what is written.
    package func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(Scratch.self) { Scratch() }
        var clock = StageClock()
        let (file, bytes) = locate(slot.ordinal)
        do throws(RecordError) {
            try file.readBytes(bytes, into: &scratch.row)
        } catch {
            throw bad(slot, error.badRecordReason, error.description)
        }
        let tensors = info.layout.tensors
        // The row was read whole: labels, then as many bytes as a sample has. Its row of every tensor is this worker's
        // alone until the batch is done.
        for position in 0..<parameters.labelWidth {
            let label = unsafe scratch.row.withUnsafeBytes { unsafe $0[position] }
            guard label < parameters.classCount else {
                throw bad(slot, "bad_label", "label \(label); num_classes is \(parameters.classCount)")
            }
            unsafe slab.bytes.storeBytes(
                of: Float(label), toByteOffset: tensors[1].offset + row * tensors[1].sampleBytes + 4 * position,
                as: Float.self)
        }
        unsafe scratch.row.withUnsafeBytes { source in
            let start = tensors[0].offset + row * tensors[0].sampleBytes
            let picture = unsafe source[parameters.labelWidth..<parameters.rowBytes]
            unsafe UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + parameters.imageBytes])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: picture))
        }
        unsafe slab.bytes.storeBytes(
            of: UInt64(slot.ordinal).littleEndian, toByteOffset: tensors[2].offset + 8 * row, as: UInt64.self)
        times.read += clock.lap()
    }

    /// The file of a row, and where the row lies in it.
    private func locate(_ ordinal: Int) -> (file: RecordFile, bytes: Range<UInt64>) {
        // The first file begins at row 0.
        let (file, firstRow) = files.last { $0.firstRow <= ordinal }!
        let start = UInt64((ordinal - firstRow) * parameters.rowBytes)
        return (file, start..<start + UInt64(parameters.rowBytes))
    }

    private func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord {
        let (file, bytes) = locate(slot.ordinal)
        return BadRecord(
            reason: reason, message: message, file: file.path, offset: bytes.lowerBound, ordinal: slot.ordinal)
    }
}

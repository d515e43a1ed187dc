import DataTypes
import RecordIO

/// Images and labels of idx files, pixels as multiples of 1/256.
///
/// Follows MXNet 1.9.1 `src/io/iter_mnist.cc` in shapes, parts and values.
final class MNISTSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask: Int
    private let image: IdxFile
    private let label: IdxFile
    private let dataTensor: BatchLayout.Tensor
    private let labelTensor: BatchLayout.Tensor
    private let indexTensor: BatchLayout.Tensor

    /// What one worker keeps between samples, shared by all streams.
    private final class Scratch {
        var image = RecordBuffer()
        var label = RecordBuffer()
    }

    init(values: ParameterValues, context: IteratorContext) throws(StreamError) {
        let parameters: MNISTParameters
        do throws(ParameterError) {
            parameters = try MNISTParameters(values)
        } catch {
            throw StreamError(parameter: error)
        }
        let batching = parameters.batching
        image = try IdxFile(
            try context.authorise(parameters.imagePath, "image"), rank: 3, parameter: "image", context: context)
        label = try IdxFile(
            try context.authorise(parameters.labelPath, "label"), rank: 1, parameter: "label", context: context)
        badRecordPolicy = batching.badRecordPolicy
        let count = image.extents[0]
        guard count == label.extents[0] else {
            throw StreamError(.badData, "there are \(count) images and \(label.extents[0]) labels")
        }
        guard image.sampleBytes <= 1 << 24, image.sampleBytes * batching.batchSize <= 1 << 38 else {
            throw StreamError(
                .badData,
                "images of \(image.extents[1]) × \(image.extents[2]) are too large for batches of "
                    + "\(batching.batchSize)", hint: "an image may have 16777216 pixels, a batch 1 TiB")
        }
        epochPlan = batching.epochPlan(recordCount: count, byteCount: image.file.byteCount) {
            parameters.mxnetPart($0, count: count)
        }
        guard epochPlan.recordCount == 0 || epochPlan.stepCount(epoch: 0) > 0 else {
            throw StreamError(
                .badParameter,
                "a batch of \(batching.batchSize) is never full with the \(epochPlan.recordCount) images of this part",
                hint: "lower batch_size, or give last_batch_handle=\"pad\"")
        }
        // A task of some ten microseconds: far more than handing it out costs.
        slotsPerTask = max(1, min(64, 65_536 / image.sampleBytes))

        let data = parameters.provideData(height: image.extents[1], width: image.extents[2])
        let layout = BatchLayout(data: [data], label: [parameters.provideLabel], batchSize: batching.batchSize)
        dataTensor = layout.tensors[0]
        labelTensor = layout.tensors[1]
        indexTensor = layout.index
        var spec = Fingerprint()
        spec.combine("\(MNISTIterator.name)\n" + MNISTParameters.canonicalText(values, batching: batching))
        var manifest = Fingerprint()
        image.addFingerprint(to: &manifest)
        label.addFingerprint(to: &manifest)
        info = StreamInfo(
            iterator: MNISTIterator.name, provideData: [data], provideLabel: [parameters.provideLabel], layout: layout,
            batchSize: batching.batchSize, numParts: batching.numParts, partIndex: batching.partIndex,
            recordCount: count, partRecordCount: epochPlan.partRecordCount, manifestHash: manifest.hex,
            specHash: spec.hex, prefetch: batching.prefetch, parameters: values.values, warnings: [])
    }

    func readAhead(_ plan: BatchPlan) {
        for slot in plan.slots {
            guard let slot else { continue }
            let bytes = image.bytes(first: slot.ordinal, count: 1)
            image.file.readAhead(offset: bytes.lowerBound, byteCount: bytes.upperBound - bytes.lowerBound)
        }
    }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(Scratch.self) { Scratch() }
        var clock = StageClock()
        do throws(RecordError) {
            try image.file.readBytes(image.bytes(first: slot.ordinal, count: 1), into: &scratch.image)
            try label.file.readBytes(label.bytes(first: slot.ordinal, count: 1), into: &scratch.label)
        } catch {
            throw BadRecord(
                reason: error.badRecordReason, message: error.description, file: image.file.path,
                offset: image.bytes(first: slot.ordinal, count: 1).lowerBound, ordinal: slot.ordinal)
        }
        times.read += clock.lap()
        let start = dataTensor.offset + row * dataTensor.sampleBytes
        // The row's bytes are this worker's alone until the batch is done.
        unsafe Self.convert(
            scratch.image, scale: 1 / 256,
            UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + dataTensor.sampleBytes]))
        let labelStart = labelTensor.offset + row * labelTensor.sampleBytes
        unsafe Self.convert(
            scratch.label, scale: 1,
            UnsafeMutableRawBufferPointer(rebasing: slab.bytes[labelStart..<labelStart + labelTensor.sampleBytes]))
        unsafe slab.bytes.storeBytes(
            of: UInt64(slot.ordinal).littleEndian, toByteOffset: indexTensor.offset + 8 * row, as: UInt64.self)
        times.augment += clock.lap()
    }

    /// Writes bytes as floats times `scale`, as many as `output` has room for.
    private static func convert(
        _ buffer: borrowing RecordBuffer, scale: Float, _ output: UnsafeMutableRawBufferPointer
    ) {
        unsafe buffer.withUnsafeBytes { bytes in
            let count = output.count / 4
            precondition(count <= bytes.count)
            for position in 0..<count {
                // Both have `count` elements, as checked above; rows begin at multiples of four bytes.
                unsafe output.storeBytes(
                    of: Float(bytes[position]) * scale, toByteOffset: 4 * position, as: Float.self)
            }
        }
    }
}

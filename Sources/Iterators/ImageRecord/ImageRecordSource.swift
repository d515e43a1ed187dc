import Augmentation
import DataTypes
import ImageCodec
import RecordIO

/// Images from RecordIO files: each sample decoded, augmented, normalised and written into its slot.
///
/// Follows MXNet 1.9.1 `src/io/iter_image_recordio_2.cc` in what a sample's bytes are, and Headrace's own arithmetic in
/// which sample stands where.
final class ImageRecordSource: BatchSource {
    let info: StreamInfo
    let epochPlan: EpochPlan
    let badRecordPolicy: BadRecordPolicy
    let slotsPerTask = 1
    private let parameters: ImageRecordParameters
    private let manifest: Manifest
    private let list: ImageList?
    private let planner: SamplePlanner
    private let output: SampleOutput
    private let limits: ImageLimits
    private let colourMode: ColourMode
    private let dataTensor: BatchLayout.Tensor
    private let labelTensor: BatchLayout.Tensor
    private let indexTensor: BatchLayout.Tensor

    init(
        variant: ImageRecordVariant, values: ParameterValues, context: IteratorContext
    ) throws(StreamError) {
        do throws(ParameterError) {
            parameters = try ImageRecordParameters(values, variant: variant)
        } catch {
            throw StreamError(parameter: error)
        }
        let batching = parameters.batching
        badRecordPolicy = batching.badRecordPolicy
        let files = try Self.files(parameters.recordPaths, context: context)
        do throws(RecordError) {
            manifest = try Manifest.open(
                paths: files.paths, indexPaths: parameters.indexPaths, cacheDirectory: context.cacheDirectory,
                maximumRecordBytes: context.maxRecordBytes)
            list =
                parameters.listPath.isEmpty
                ? nil : try ImageList(path: parameters.listPath, labelWidth: parameters.labelWidth)
        } catch {
            throw StreamError(record: error)
        }
        guard manifest.sampleCount <= EpochPlan.maxRecords else {
            throw StreamError(
                .badData,
                "the data set has \(manifest.sampleCount) records; at most \(EpochPlan.maxRecords) can be served",
                hint: "open its files in several streams")
        }
        let meanImage = try Self.meanImage(parameters)
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
        planner = SamplePlanner(parameters.augmentation, maxPixels: context.maxPixels)
        do throws(ParameterError) {
            output = try SampleOutput(
                format: parameters.format, normalisation: parameters.normalisation, meanImage: meanImage)
        } catch {
            throw StreamError(parameter: error)
        }
        limits = ImageLimits(maxPixels: context.maxPixels)
        colourMode = [1: .gray, 3: .bgr][parameters.format.channels] ?? .unchanged

        let layout = BatchLayout(
            data: [parameters.provideData], label: [parameters.provideLabel], batchSize: batching.batchSize)
        dataTensor = layout.tensors[0]
        labelTensor = layout.tensors[1]
        indexTensor = layout.index
        var spec = Fingerprint()
        spec.combine("\(variant.rawValue)\n" + parameters.canonicalText(values))
        if let meanImage { meanImage.values.forEach { spec.combine(UInt64($0.bitPattern)) } }
        var data = Fingerprint()
        data.combine(manifest.fingerprint)
        list?.addLabels(to: &data)
        info = StreamInfo(
            iterator: variant.rawValue, provideData: [parameters.provideData], provideLabel: [parameters.provideLabel],
            layout: layout, batchSize: batching.batchSize, numParts: numParts, partIndex: batching.partIndex,
            recordCount: manifest.sampleCount, partRecordCount: epochPlan.partRecordCount, manifestHash: data.hex,
            specHash: spec.hex, prefetch: batching.prefetch, parameters: values.values,
            warnings: files.warnings + manifest.warnings + damage.ranges.prefix(16).map { "left out: \($0)" })
    }

    /// The files that `path_imgrec` comes to, each one that the client may read, as a list of literal paths.
    private static func files(
        _ paths: String, context: IteratorContext
    ) throws(StreamError) -> (paths: String, warnings: [String]) {
        let expanded: RecordPaths
        do throws(RecordError) {
            expanded = try RecordPaths(expanding: paths)
        } catch {
            throw StreamError(record: error)
        }
        var allowed: [String] = []
        for path in expanded.paths { allowed.append(try context.authorise(path, "path_imgrec")) }
        return (allowed.joined(separator: ";"), expanded.warnings)
    }

    private static func meanImage(_ parameters: ImageRecordParameters) throws(StreamError) -> MeanImage? {
        guard !parameters.meanImagePath.isEmpty else { return nil }
        do throws(MeanImageError) {
            let format = parameters.format
            return try MeanImage(
                path: parameters.meanImagePath, channels: format.channels, height: format.height, width: format.width)
        } catch {
            throw StreamError(.badData, error.description)
        }
    }

    func readAhead(_ plan: BatchPlan) {
        for slot in plan.slots {
            if let slot { manifest.readAhead(slot.ordinal) }
        }
    }

    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let scratch = worker.object(ImageRecordScratch.self) { ImageRecordScratch() }
        var clock = StageClock()
        let header = try read(slot, scratch: scratch)
        try writeLabels(header, slot: slot, row: row, scratch: scratch, slab: slab)
        times.read += clock.lap()

        let plan = try decode(header, slot: slot, scratch: scratch)
        times.decode += clock.lap()

        let start = dataTensor.offset + row * dataTensor.sampleBytes
        // This row of the slab is this worker's alone until the batch is done.
        var sample = unsafe MutableRawSpan(
            _unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + dataTensor.sampleBytes]))
        do throws(AugmentationError) {
            try scratch.executor.run(try plan.get(), source: scratch.pixels, output: output, into: &sample)
        } catch {
            throw bad(slot, "bad_image", "image \(header.id): \(error)")
        }
        times.augment += clock.lap()
    }

    private func read(_ slot: Slot, scratch: ImageRecordScratch) throws(BadRecord) -> ImageRecordHeader {
        do throws(RecordError) {
            try manifest.readRecord(slot.ordinal, into: &scratch.record)
        } catch {
            throw bad(slot, error.badRecordReason, error.description)
        }
        do throws(RecordFault) {
            return try scratch.recordHeader()
        } catch {
            throw bad(slot, "bad_header", error.description)
        }
    }

    /// Decides about the sample from the image's header, then decodes it.
    private func decode(
        _ header: ImageRecordHeader, slot: Slot, scratch: ImageRecordScratch
    ) throws(BadRecord) -> Result<SamplePlan, AugmentationError> {
        do throws(ImageError) {
            let picture = try scratch.imageHeader(at: header.imageOffset)
            // Orientation is applied where pixels are converted; taken as they are, they stay as they lie.
            let size = colourMode == .unchanged ? (picture.width, picture.height) : picture.uprightSize
            let plan: Result<SamplePlan, AugmentationError> = Result { () throws(AugmentationError) in
                var random = randomNumbers(for: slot)
                return try planner.plan(width: size.0, height: size.1, random: &random)
            }
            guard case .success(let plan) = plan else { return plan }
            try scratch.decode(
                imageAt: header.imageOffset, as: colourMode, limits: limits,
                toleratesTruncation: parameters.toleratesTruncation)
            return .success(plan)
        } catch {
            throw bad(slot, "bad_image", "image \(header.id): \(error)")
        }
    }

    /// The sample's numbers. With a `seed_aug` they come again in every epoch.
    private func randomNumbers(for slot: Slot) -> KeyedRandom {
        KeyedRandom(
            seed: parameters.augmentationSeed ?? parameters.batching.seed,
            epoch: parameters.augmentationSeed == nil ? UInt64(slot.epoch) : 0, record: UInt64(slot.ordinal),
            lap: UInt64(slot.lap))
    }

    /// Writes the label row and the index. Labels come from the list when there is one, else from the record.
    private func writeLabels(
        _ header: ImageRecordHeader, slot: Slot, row: Int, scratch: ImageRecordScratch, slab: Slab
    ) throws(BadRecord) {
        let width = parameters.labelWidth
        let start = labelTensor.offset + row * labelTensor.sampleBytes
        if let list {
            guard let listRow = list.row(ofID: header.id) else {
                throw bad(slot, "bad_label", "path_imglist has no line for image \(header.id)")
            }
            let labels = list.labels(ofRow: listRow)
            for position in 0..<width { store(labels[position], at: start + 4 * position, slab) }
        } else {
            guard header.labelCount == width else {
                throw bad(
                    slot, "bad_label",
                    "image \(header.id) has \(header.labelCount) labels, label_width is \(width)")
            }
            for position in 0..<width {
                store(scratch.label(position, header), at: start + 4 * position, slab)
            }
        }
        // The row's eight index bytes are this worker's alone.
        unsafe slab.bytes.storeBytes(
            of: header.id.littleEndian, toByteOffset: indexTensor.offset + 8 * row, as: UInt64.self)
    }

    private func store(_ label: Float, at offset: Int, _ slab: Slab) {
        // Inside the row's label bytes, which are this worker's alone.
        unsafe slab.bytes.storeBytes(of: label.bitPattern.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    private func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord {
        let (file, entry) = manifest.locate(slot.ordinal)
        return BadRecord(
            reason: reason, message: message, file: manifest.files[file].file.path, offset: entry.offset,
            ordinal: slot.ordinal)
    }
}

import Augmentation
import DataTypes
import ImageCodec
import RecordIO

/// The images of RecordIO files and their labels: opening, reading and decoding, the same for every iterator over them.
struct RecordImages: Sendable {
    let parameters: RecordImageParameters
    let manifest: Manifest
    /// Labels that take the place of the records' own.
    let list: ImageList?
    let epochPlan: EpochPlan
    /// What the user should know.
    let warnings: [String]
    private let limits: ImageLimits
    private let colourMode: ColourMode
    /// Images that need not be decoded again; nil: none are kept.
    private let decoded: DecodedLease?
    /// Images are kept behind the plan's resize.
    private let keepsResized: Bool

    /// Opens the files. Blocks: reads indexes and lists, or scans.
    ///
    /// - Parameters:
    ///   - listLabelWidth: labels of every line of `path_imglist`; nil: as many as a line has.
    ///   - resize: of every image, before anything that chance decides: kept images are kept behind it.
    /// - Throws: `.notFound`, `.badParameter` or `.badData`; damage only when bad records are errors.
    init(
        _ parameters: RecordImageParameters, listLabelWidth: Int?, resize: FixedResize? = nil, context: IteratorContext
    ) throws(StreamError) {
        self.parameters = parameters
        let batching = parameters.batching
        let files = try context.recordFiles(parameters.recordPaths, parameter: "path_imgrec")
        do throws(RecordError) {
            manifest = try Manifest.open(
                paths: files.paths, indexPaths: parameters.indexPaths, cacheDirectory: context.cacheDirectory,
                maximumRecordBytes: context.maxRecordBytes)
            list =
                parameters.listPath.isEmpty
                ? nil : try ImageList(path: parameters.listPath, labelWidth: listLabelWidth)
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
        if batching.badRecordPolicy == .error, let first = damage.ranges.first {
            throw StreamError(
                .badData, "\(first)" + (damage.rangeCount > 1 ? " (and \(damage.rangeCount - 1) more)" : ""),
                hint: "open with on_bad_record=\"skip\" to leave damaged stretches out, or repair the file")
        }
        var warnings = files.warnings + manifest.warnings + damage.ranges.prefix(16).map { "left out: \($0)" }
        let manifest = manifest
        let (numParts, isIndexed) = (batching.numParts, !parameters.indexPaths.isEmpty)
        epochPlan = batching.epochPlan(recordCount: manifest.sampleCount, byteCount: manifest.byteCount) { part in
            isIndexed
                ? BytePartition.byRecords(manifest.sampleCount, part: part, of: numParts)
                : BytePartition.byBytes(manifest, part: part, of: numParts)
        }
        limits = ImageLimits(maxPixels: context.maxPixels)
        colourMode = [1: .gray, 3: .bgr][parameters.format.channels] ?? .unchanged
        keepsResized = resize != nil
        let cache = parameters.cache
        decoded =
            cache.isNone
            ? nil
            : context.decoded.lease(
                DecodedSet.Key(
                    files: manifest.files.map { FileIdentity($0.file) },
                    form: DecodedForm(
                        colour: colourMode, maxPixels: limits.maxPixels,
                        toleratesTruncation: parameters.toleratesTruncation, turnsJFIF: parameters.turnsJFIF,
                        resize: resize)), limits: cache)
        warnings += context.decoded.warnings(for: cache)
        self.warnings = warnings
    }

    /// Bytes of the images that are kept.
    var cacheBytes: Int { decoded?.usedBytes ?? 0 }

    /// Stands for the records and for labels that take the place of their own.
    var dataHash: String {
        var data = Fingerprint()
        data.combine(manifest.fingerprint)
        list?.addLabels(to: &data)
        return data.hex
    }

    /// What a stream over these images says of itself.
    ///
    /// - Parameters:
    ///   - layout: of one data and one label tensor.
    ///   - specHash: of everything but the data that decides bytes.
    func info(layout: BatchLayout, values: ParameterValues, specHash: Fingerprint) -> StreamInfo {
        let batching = parameters.batching
        return StreamInfo(
            iterator: parameters.iterator, provideData: [layout.tensors[0].desc],
            provideLabel: [layout.tensors[1].desc], layout: layout, batchSize: batching.batchSize,
            numParts: batching.numParts, partIndex: batching.partIndex, recordCount: manifest.sampleCount,
            partRecordCount: epochPlan.partRecordCount, manifestHash: dataHash, specHash: specHash.hex,
            prefetch: batching.prefetch, parameters: values.values, warnings: warnings)
    }

    /// Asks the storage for the records that will be read: those whose images are not kept.
    func readAhead(_ plan: BatchPlan) {
        var ordinals: [Int] = []
        ordinals.reserveCapacity(plan.slots.count)
        for slot in plan.slots {
            guard let slot else { continue }
            if let image = decoded?.image(at: place(of: slot)) {
                image.block?.readAhead()
            } else {
                ordinals.append(slot.ordinal)
            }
        }
        manifest.readAhead(ordinals)
    }

    /// Brings the slot's record into the scratch: reads it, or finds its image there, decoded, and everything else with it.
    func read(_ slot: Slot, scratch: RecordImageScratch) throws(BadRecord) -> ImageRecordHeader {
        scratch.decoded = nil
        if let decoded, let image = decoded.image(at: place(of: slot)) {
            if scratch.take(image) { return image.header }
            decoded.remove(image, at: place(of: slot))
        }
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

    private func place(of slot: Slot) -> DecodedSet.Place {
        let (file, entry) = manifest.locate(slot.ordinal)
        return DecodedSet.Place(file: file, offset: entry.offset)
    }

    /// The size that decoding the record's image will give, from the image's header alone.
    func imageSize(
        _ header: ImageRecordHeader, slot: Slot, scratch: RecordImageScratch
    ) throws(BadRecord) -> (width: Int, height: Int) {
        if let size = scratch.decodedSize { return size }
        do throws(ImageError) {
            let picture = try scratch.imageHeader(at: header.imageOffset)
            // Orientation is applied where pixels are converted; taken as they are, they stay as they lie.
            return colourMode == .unchanged ? (picture.width, picture.height) : picture.uprightSize
        } catch {
            throw badImage(slot, header, error)
        }
    }

    /// Brings the pixels that `plan` needs into the scratch: decodes the record's image, or what is needed of it, unless it
    /// is there. When images are kept resized, the plan becomes the one for the resized image.
    func decode(
        _ header: ImageRecordHeader, slot: Slot, plan: inout some ImagePlan, scratch: RecordImageScratch,
        times: inout StageTimes
    ) throws(BadRecord) {
        let size = (width: plan.sourceWidth, height: plan.sourceHeight)
        let isThere = keep(
            header, slot: slot, size: size, resize: keepsResized ? plan.resize : nil, scratch: scratch, times: &times
        ) { () throws(ImageError) in try decode(header, window: nil, scratch: scratch) }
        if !isThere {
            do throws(ImageError) {
                try decode(header, plan: &plan, scratch: scratch)
            } catch {
                throw badImage(slot, header, error)
            }
        }
        if scratch.decoded != nil, keepsResized { plan.beginBehindResize() }
    }

    /// Decodes what the plan needs, reduced as far as it allows when near enough will do.
    private func decode(
        _ header: ImageRecordHeader, plan: inout some ImagePlan, scratch: RecordImageScratch
    ) throws(ImageError) {
        var precision = DecodePrecision.exact
        if parameters.decodesFast {
            let reduction = plan.largestReduction
            if reduction > 1, try scratch.imageHeader(at: header.imageOffset).isReducible { plan.reduction = reduction }
            precision = .fast(reduction: plan.reduction)
        }
        try decode(header, precision: precision, window: plan.neededSource, scratch: scratch)
    }

    /// Makes the image of the record one that is kept, unless it is one already, none are kept, there is no room or it is
    /// damaged.
    ///
    /// Damage that this sample does not show must not matter, or a batch would depend on what found room: the caller decodes
    /// what it needs and sees.
    ///
    /// - Parameters:
    ///   - size: that the image has when it is decoded.
    ///   - resize: what is done to it before it is kept.
    ///   - decode: decodes the whole image into the scratch's pixels.
    /// - Returns: false when nothing has been decoded and no kept image is in the scratch.
    func keep(
        _ header: ImageRecordHeader, slot: Slot, size: (width: Int, height: Int), resize: SamplePlan.Resize?,
        scratch: RecordImageScratch, times: inout StageTimes, decode: () throws(ImageError) -> Void
    ) -> Bool {
        guard let decoded else { return false }
        if scratch.decoded != nil {
            times.cacheHits += 1
            return true
        }
        times.cacheMisses += 1
        let kept = resize.map { (width: $0.width, height: $0.height) } ?? size
        let bytes = DecodedImage.byteCount(
            width: kept.width, height: kept.height, channels: parameters.format.channels,
            labelCount: header.labelCount)
        guard let (room, store) = decoded.room(bytes) else { return false }
        do throws(ImageError) {
            try decode()
        } catch {
            return false
        }
        // Of a picture with other channels there is nothing to keep: it fits no sample of this stream.
        guard scratch.pixels.channels == parameters.format.channels, scratch.pixels.width == size.width,
            scratch.pixels.height == size.height
        else { return true }
        if let image = scratch.keep(header, resize: resize, room: room, store: store) {
            decoded.insert(image, at: place(of: slot))
        }
        return true
    }

    /// Decodes the record's image into the scratch's pixels, or at least the part of it that is needed.
    private func decode(
        _ header: ImageRecordHeader, precision: DecodePrecision = .exact, window: PixelRect?,
        scratch: RecordImageScratch
    ) throws(ImageError) {
        try scratch.decode(
            imageAt: header.imageOffset, as: colourMode, limits: limits,
            toleratesTruncation: parameters.toleratesTruncation, precision: precision,
            window: window.map { ImageWindow(x: $0.x, y: $0.y, width: $0.width, height: $0.height) })
    }

    /// The sample's numbers. With a `seed_aug` they come again in every epoch.
    func randomNumbers(for slot: Slot) -> KeyedRandom {
        KeyedRandom(
            seed: parameters.augmentationSeed ?? parameters.batching.seed,
            epoch: parameters.augmentationSeed == nil ? UInt64(slot.epoch) : 0, record: UInt64(slot.ordinal),
            lap: UInt64(slot.lap))
    }

    /// The line of the list that labels a record; nil when there is no list.
    func listRow(_ header: ImageRecordHeader, slot: Slot) throws(BadRecord) -> Int? {
        guard let list else { return nil }
        guard let row = list.row(ofID: header.id) else {
            throw bad(slot, "bad_label", "path_imglist has no line for image \(header.id)")
        }
        return row
    }

    func badImage(_ slot: Slot, _ header: ImageRecordHeader, _ error: some Error) -> BadRecord {
        bad(slot, "bad_image", "image \(header.id): \(error)")
    }

    func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord {
        let (file, entry) = manifest.locate(slot.ordinal)
        return BadRecord(
            reason: reason, message: message, file: manifest.files[file].file.path, offset: entry.offset,
            ordinal: slot.ordinal)
    }
}

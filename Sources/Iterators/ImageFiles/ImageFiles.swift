import DataTypes
import ImageCodec
import RecordIO

/// Images in files of their own, named by a list.
///
/// The list is in memory; a file is opened when its image is wanted, so that opening a stream costs the same for ten files
/// and for ten million. Paths come from outside: each is checked when it is used, and what was checked is what is opened.
struct ImageFiles: LabelledImages {
    let epochPlan: EpochPlan
    let warnings: [String] = []
    private let list: ImageList
    /// The folder that relative paths start from; empty when there is none.
    private let root: String
    /// The parameter that the list came from.
    private let place: String
    private let context: IteratorContext
    /// For the list's memory, when the client handed it over.
    private let reservation: MemoryReservation?

    /// - Parameters:
    ///   - list: with paths.
    ///   - root: `path_root`, or empty.
    ///   - place: the parameter that the list came from, for messages.
    init(
        _ list: ImageList, root: String, place: String, batching: BatchingParameters, context: IteratorContext,
        reservation: MemoryReservation? = nil
    ) throws(StreamError) {
        guard list.rowCount > 0 else { throw StreamError(.badData, "\(place) names no image") }
        guard list.rowCount <= EpochPlan.maxRecords else {
            throw StreamError(
                .badData, "\(place) has \(list.rowCount) rows; at most \(EpochPlan.maxRecords) can be served",
                hint: "open them in several streams")
        }
        guard batching.chunkMebibytes == 0 else {
            throw StreamError(
                .badParameter, "shuffle_chunk_size is for record files; images in files of their own have no chunks",
                hint: "use shuffle")
        }
        if root.isEmpty, !list.path(ofRow: 0).hasPrefix("/") {
            throw StreamError(
                .badParameter, "\(place) names images by relative paths", hint: "give path_root, the folder they are in"
            )
        }
        self.list = list
        self.root = root
        self.place = place
        self.context = context
        self.reservation = reservation
        epochPlan = batching.epochPlan(recordCount: list.rowCount, byteCount: 0) { _ in
            preconditionFailure("files are not cut by bytes")
        }
    }

    var count: Int { list.rowCount }

    /// Of the list alone: the files are not looked at, so that one that is replaced keeps the hash.
    var dataHash: String {
        var data = Fingerprint()
        list.addLabels(to: &data)
        for row in 0..<list.rowCount { data.combine(list.path(ofRow: row)) }
        return data.hex
    }

    func readAhead(_ plan: BatchPlan) {
        for slot in plan.slots {
            guard let slot, let path = try? path(slot.ordinal) else { continue }
            LinkRule.$followsLinks.withValue(context.followsLinks) {
                RecordFile.readAheadWhole(path, maximumBytes: context.maxRecordBytes)
            }
        }
    }

    func load(_ slot: Slot, scratch: RecordImageScratch) throws(BadRecord) -> LabelledImage {
        scratch.decoded = nil
        let path: String
        do throws(StreamError) {
            path = try self.path(slot.ordinal)
        } catch {
            throw bad(slot, "read_failed", error.description)
        }
        do throws(RecordError) {
            try LinkRule.$followsLinks.withValue(context.followsLinks) {
                Result { () throws(RecordError) in
                    try RecordFile.readWhole(path, maximumBytes: context.maxRecordBytes, into: &scratch.record)
                }
            }.get()
        } catch {
            throw bad(slot, error.badRecordReason, error.description)
        }
        return LabelledImage(
            id: list.ids[slot.ordinal], labelCount: list.labels(ofRow: slot.ordinal).count, imageOffset: 0,
            listRow: slot.ordinal)
    }

    /// Files come and go under their names: nothing of them is kept.
    var cacheBytes: Int { 0 }

    func keep(
        _ image: LabelledImage, slot: Slot, size: (width: Int, height: Int), scratch: RecordImageScratch,
        times: inout StageTimes, decode: () throws(ImageError) -> Void
    ) -> Bool { false }

    func label(_ position: Int, of image: LabelledImage, scratch: RecordImageScratch) -> Float {
        guard let row = image.listRow else { preconditionFailure("an image of another source") }
        return list.labels(ofRow: row)[position]
    }

    func surveyObjects(cacheDirectory: String?) -> ObjectRoom { list.surveyObjects(at: place) }

    func bad(_ slot: Slot, _ reason: String, _ message: String) -> BadRecord {
        BadRecord(reason: reason, message: message, file: joined(slot.ordinal), offset: 0, ordinal: slot.ordinal)
    }

    /// The file to open for an image; throws when the client may not read it.
    private func path(_ ordinal: Int) throws(StreamError) -> String {
        let path = joined(ordinal)
        // The system would read only up to the zero.
        guard !path.utf8.contains(0) else { throw StreamError(.badParameter, "the path has a zero byte in it") }
        return try context.authorise(path, place)
    }

    private func joined(_ ordinal: Int) -> String {
        let path = list.path(ofRow: ordinal)
        if path.hasPrefix("/") || root.isEmpty { return path }
        return root.hasSuffix("/") ? root + path : root + "/" + path
    }
}

import DataTypes
import ImageCodec
import RecordIO

extension RecordImages: LabelledImages {
    var count: Int { manifest.sampleCount }

    func load(_ slot: Slot, scratch: RecordImageScratch) throws(BadRecord) -> LabelledImage {
        let header = try read(slot, scratch: scratch)
        let row = try listRow(header, slot: slot)
        var labelCount = header.labelCount
        if let list, let row { labelCount = list.labels(ofRow: row).count }
        return LabelledImage(
            id: header.id, labelCount: labelCount, imageOffset: header.imageOffset, listRow: row, header: header)
    }

    func label(_ position: Int, of image: LabelledImage, scratch: RecordImageScratch) -> Float {
        if let list, let row = image.listRow { return list.labels(ofRow: row)[position] }
        guard let header = image.header else { preconditionFailure("an image of another source") }
        return scratch.label(position, header)
    }

    func keep(
        _ image: LabelledImage, slot: Slot, size: (width: Int, height: Int), scratch: RecordImageScratch,
        times: inout StageTimes, decode: () throws(ImageError) -> Void
    ) -> Bool {
        guard let header = image.header else { preconditionFailure("an image of another source") }
        return keep(
            header, slot: slot, size: size, resize: nil, scratch: scratch, times: &times, decode: decode)
    }

    func surveyObjects(cacheDirectory: String?) throws(StreamError) -> ObjectRoom {
        if let list { return list.surveyObjects(at: "path_imglist") }
        do throws(RecordError) {
            let survey = try manifest.surveyObjects(cacheDirectory: cacheDirectory)
            var room = ObjectRoom(objectCount: survey.objectCount, objectWidth: survey.objectWidth)
            if let ordinal = survey.firstWithout {
                let (file, entry) = manifest.locate(ordinal)
                room.firstWithout =
                    "record \(ordinal) of '\(manifest.files[file].file.path)', at byte \(entry.offset),"
            }
            return room
        } catch {
            throw StreamError(record: error)
        }
    }
}

extension ImageList {
    /// The same for the lines of a list, which are in memory.
    func surveyObjects(at place: String) -> ObjectRoom {
        var room = ObjectRoom()
        for row in 0..<rowCount {
            let labels = labels(ofRow: row)
            let objects = ObjectSurvey.objects(labelCount: labels.count) { labels[$0] }
            room.objectCount = max(room.objectCount, objects.count)
            room.objectWidth = max(room.objectWidth, objects.width)
            if objects.count == 0, room.firstWithout == nil { room.firstWithout = "\(place), image \(ids[row])," }
        }
        return room
    }
}

import DataTypes
import RecordIO

extension RecordImages {
    /// The most labels that an image has, among those whose labels describe objects; and which image that is.
    ///
    /// Of the list when there is one. Of the whole data set, so that all parts have the same shape; but of the part alone
    /// when parts are cut by bytes, as MXNet does. Blocks: reads the header of every record, once.
    ///
    /// - Parameter limit: images with more labels do not count.
    /// - Returns: a count of 0 when there is no such image.
    func widestObjectLabels(limit: Int, cacheDirectory: String?) throws(StreamError) -> (count: Int, place: String) {
        if let list { return Self.widestObjectLabels(of: list, limit: limit) }
        let survey: LabelSurvey
        do throws(RecordError) {
            let part = epochPlan.firstRecord..<epochPlan.firstRecord + epochPlan.recordCount
            let isOwn = parameters.batching.partition == .bytes && !part.isEmpty
            survey = try manifest.surveyLabels(
                of: isOwn ? part : 0..<manifest.sampleCount, limit: limit, cacheDirectory: cacheDirectory)
        } catch {
            throw StreamError(record: error)
        }
        let (file, entry) = manifest.locate(survey.widestOrdinal)
        return (
            survey.widestLabelCount,
            "record \(survey.widestOrdinal) of '\(manifest.files[file].file.path)', at byte \(entry.offset),"
        )
    }

    private static func widestObjectLabels(of list: ImageList, limit: Int) -> (count: Int, place: String) {
        var widest = (count: 0, place: "")
        for row in 0..<list.rowCount {
            let labels = list.labels(ofRow: row)
            guard labels.count > widest.count, labels.count <= limit, labels.count >= 2,
                (try? ObjectLabelShape(labelCount: labels.count, first: labels[0], second: labels[1])) != nil
            else { continue }
            widest = (labels.count, "path_imglist for image \(list.ids[row])")
        }
        return widest
    }
}

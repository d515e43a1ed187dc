import DataTypes

/// How many objects the images of a data set have, and how many labels an object has, found by a look at all labels.
package struct ObjectSurvey: Sendable, Hashable {
    /// Of the image that has most.
    package var objectCount = 0
    /// Labels of the widest object.
    package var objectWidth = 0
    /// The first record whose labels describe no object with an area.
    package var firstWithout: Int?

    /// The objects that the labels of one image describe, those without an area left out; none when the labels describe no
    /// objects at all.
    ///
    /// - Parameter label: label 0 ..< `labelCount`.
    package static func objects(labelCount: Int, label: (Int) -> Float) -> (count: Int, width: Int) {
        guard labelCount >= 2,
            let shape = try? ObjectLabelShape(labelCount: labelCount, first: label(0), second: label(1))
        else { return (0, 0) }
        var count = 0
        for object in 0..<shape.objectCount {
            let start = shape.headerWidth + object * shape.objectWidth
            if label(start + 3) > label(start + 1), label(start + 4) > label(start + 2) { count += 1 }
        }
        return (count, count == 0 ? 0 : shape.objectWidth)
    }
}

extension Manifest {
    /// Goes through the labels of all records, or takes the result from the cache.
    ///
    /// Records that cannot be read count as without objects: whoever delivers them will say what is wrong with them.
    ///
    /// - Parameter cacheDirectory: where results are kept; nil: nowhere.
    /// - Throws: `.fileChanged` and `.system`.
    package func surveyObjects(cacheDirectory: String?) throws(RecordError) -> ObjectSurvey {
        let cache = cacheDirectory.map { SurveyCache(directory: $0, kind: .objects) }
        let key = surveyKey(0..<sampleCount, limit: 0)
        if let words = cache?.load(key, of: self), let known = ObjectSurvey(words: words),
            known.firstWithout ?? 0 < sampleCount
        {
            return known
        }
        var survey = ObjectSurvey()
        var record = RecordBuffer()
        for file in files {
            var window = FileWindow(file: file.file)
            for ordinal in file.firstOrdinal..<file.firstOrdinal + file.index.count {
                let objects = try objects(ordinal, of: file, &window, &record)
                survey.objectCount = max(survey.objectCount, objects.count)
                survey.objectWidth = max(survey.objectWidth, objects.width)
                if objects.count == 0, survey.firstWithout == nil { survey.firstWithout = ordinal }
            }
            guard file.file.isUnchanged else { throw .fileChanged(file: file.file.path, offset: 0) }
        }
        cache?.store(survey.words, key, of: self)
        return survey
    }

    private func objects(
        _ ordinal: Int, of file: ManifestFile, _ window: inout FileWindow, _ record: inout RecordBuffer
    ) throws(RecordError) -> (count: Int, width: Int) {
        let wanted = PartHeader.byteCount + ImageRecordHeader.byteCount
        let entry = file.index[ordinal - file.firstOrdinal]
        guard try window.load(entry.offset, wanted) >= wanted else { return (0, 0) }
        let part = PartHeader(word: window.uint32(at: entry.offset + 4))
        guard window.uint32(at: entry.offset) == PartHeader.magic, part.beginsRecord else { return (0, 0) }
        let start = entry.offset + UInt64(PartHeader.byteCount)
        let header = ImageRecordHeader(fixedFields: window.bytes(start, ImageRecordHeader.byteCount))
        let labelled = UInt64(ImageRecordHeader.byteCount) + 4 * UInt64(header.flag)
        // Labels beyond what a window holds, or in several parts, which are rare: only the whole record has them together.
        let needsWhole = part.flag == PartHeader.Kind.first.rawValue || labelled > FileWindow.maximumWantedBytes
        if needsWhole || labelled > UInt64(part.length) {
            do throws(RecordError) {
                try file.file.readRecord(entry, into: &record)
            } catch {
                guard case .damaged = error else { throw error }
                return (0, 0)
            }
            return Self.objects(record.bytes)
        }
        let byteCount = Int(labelled)
        guard try window.load(start, byteCount) >= byteCount else { return (0, 0) }
        return Self.objects(window.bytes(start, byteCount))
    }

    /// - Parameter payload: a record, at least as far as its labels go.
    private static func objects(_ payload: RawSpan) -> (count: Int, width: Int) {
        guard let header = try? ImageRecordHeader(parsing: payload) else { return (0, 0) }
        return ObjectSurvey.objects(labelCount: header.labelCount) { header.label($0, of: payload) }
    }
}

extension ObjectSurvey {
    /// For the cache.
    fileprivate var words: [UInt64] {
        [UInt64(objectCount), UInt64(objectWidth), firstWithout.map { UInt64($0) } ?? .max]
    }

    fileprivate init?(words: [UInt64]) {
        guard words.count == 3, let count = Int(exactly: words[0]), let width = Int(exactly: words[1]) else {
            return nil
        }
        objectCount = count
        objectWidth = width
        if words[2] != .max {
            guard let ordinal = Int(exactly: words[2]) else { return nil }
            firstWithout = ordinal
        }
    }
}

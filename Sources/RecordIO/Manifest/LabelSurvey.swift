import DataTypes

/// How many labels the records of a data set have, found by a look at their headers.
package struct LabelSurvey: Sendable, Hashable {
    /// Labels of the record that has most, among those whose labels describe objects; 0 when there is none.
    package var widestLabelCount = 0
    /// That record.
    package var widestOrdinal = 0

    package init(widestLabelCount: Int = 0, widestOrdinal: Int = 0) {
        self.widestLabelCount = widestLabelCount
        self.widestOrdinal = widestOrdinal
    }

    /// For the cache.
    fileprivate var words: [UInt64] { [UInt64(widestLabelCount), UInt64(widestOrdinal)] }

    fileprivate init?(words: [UInt64]) {
        guard words.count == 2, let count = Int(exactly: words[0]), let ordinal = Int(exactly: words[1]) else {
            return nil
        }
        self.init(widestLabelCount: count, widestOrdinal: ordinal)
    }
}

extension Manifest {
    /// Goes through the headers of `ordinals`, or takes the result from the cache.
    ///
    /// Records that cannot be read, that have other labels than objects, or more than `limit`, do not count: whoever
    /// delivers them will say what is wrong with them.
    ///
    /// - Parameter cacheDirectory: where results are kept; nil: nowhere.
    /// - Throws: `.fileChanged` and `.system`.
    package func surveyLabels(
        of ordinals: Range<Int>, limit: Int, cacheDirectory: String?
    ) throws(RecordError) -> LabelSurvey {
        let cache = cacheDirectory.map { SurveyCache(directory: $0, kind: .labels) }
        let key = surveyKey(ordinals, limit: limit)
        if let words = cache?.load(key, of: self), let known = LabelSurvey(words: words),
            known.widestOrdinal < sampleCount
        {
            return known
        }
        var survey = LabelSurvey()
        var record = RecordBuffer()
        for file in files {
            let first = max(ordinals.lowerBound, file.firstOrdinal)
            let end = min(ordinals.upperBound, file.firstOrdinal + file.index.count)
            var window = FileWindow(file: file.file)
            for ordinal in first..<max(first, end) {
                let count = try objectLabelCount(ordinal, of: file, &window, &record)
                if count > survey.widestLabelCount, count <= limit {
                    survey = LabelSurvey(widestLabelCount: count, widestOrdinal: ordinal)
                }
            }
            guard file.file.isUnchanged else { throw .fileChanged(file: file.file.path, offset: 0) }
        }
        cache?.store(survey.words, key, of: self)
        return survey
    }

    /// Labels of a record when they describe objects, else 0.
    private func objectLabelCount(
        _ ordinal: Int, of file: ManifestFile, _ window: inout FileWindow, _ record: inout RecordBuffer
    ) throws(RecordError) -> Int {
        // The record's own header, and the two labels that say how the others lie.
        let wanted = PartHeader.byteCount + ImageRecordHeader.byteCount + 8
        let entry = file.index[ordinal - file.firstOrdinal]
        guard try window.load(entry.offset, wanted) >= wanted else { return 0 }
        let part = PartHeader(word: window.uint32(at: entry.offset + 4))
        guard window.uint32(at: entry.offset) == PartHeader.magic, part.beginsRecord else { return 0 }
        if part.flag == PartHeader.Kind.first.rawValue {
            // Rare: the payload has the magic number in it. Only the whole record says how long it is.
            do throws(RecordError) {
                try file.file.readRecord(entry, into: &record)
            } catch {
                guard case .damaged = error else { throw error }
                return 0
            }
            return Self.objectLabelCount(payload: record.bytes, payloadBytes: record.byteCount)
        }
        let payload = window.bytes(entry.offset + UInt64(PartHeader.byteCount), wanted - PartHeader.byteCount)
        return Self.objectLabelCount(payload: payload, payloadBytes: part.length)
    }

    /// - Parameter payload: the record's first bytes, as many as there are of the header and two labels.
    private static func objectLabelCount(payload: RawSpan, payloadBytes: Int) -> Int {
        let start = ImageRecordHeader.byteCount
        guard payloadBytes >= start + 8, payload.byteCount >= start + 8 else { return 0 }
        let header = ImageRecordHeader(fixedFields: payload)
        guard UInt64(header.flag) * 4 <= UInt64(payloadBytes - start) else { return 0 }
        let shape = try? ObjectLabelShape(
            labelCount: header.labelCount, first: Float(bitPattern: payload.uint32(at: start)),
            second: Float(bitPattern: payload.uint32(at: start + 4)))
        return shape == nil ? 0 : header.labelCount
    }

    /// What the result of a survey depends on.
    func surveyKey(_ ordinals: Range<Int>, limit: Int) -> Fingerprint {
        var key = Fingerprint()
        key.combine(fingerprint)
        for file in files {
            key.combine(file.file.byteCount)
            key.combine(UInt64(bitPattern: file.file.modificationNanoseconds))
            key.combine(file.file.inode)
        }
        key.combine(UInt64(ordinals.lowerBound))
        key.combine(UInt64(ordinals.upperBound))
        key.combine(UInt64(limit))
        return key
    }
}

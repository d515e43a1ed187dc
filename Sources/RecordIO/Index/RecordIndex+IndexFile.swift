extension RecordIndex {
    /// Entries of an .idx file that are looked up in the data file before it is believed.
    private static let probeCount = 64

    /// Takes the records of `file` from an .idx file: exactly those listed, in the order of their offsets.
    ///
    /// - Throws: `.badLine`, `.badIndex` when the offsets cannot be those of this file's records, what reading throws.
    package static func read(indexPath: String, for file: RecordFile) throws(RecordError) -> RecordIndex {
        let parser = try IndexFileParser(path: indexPath, maximumCount: file.byteCount / UInt64(PartHeader.byteCount))
        let listedKeys = parser.keys
        let listedOffsets = parser.offsets
        func bad(_ reason: String) -> RecordError {
            .badIndex(file: indexPath, dataFile: file.path, reason: reason)
        }
        guard !listedOffsets.isEmpty else { throw bad("it lists no record") }
        for (key, offset) in zip(listedKeys, listedOffsets) {
            guard offset % 4 == 0 else {
                throw bad("key \(key) has the offset \(offset), and records begin at multiples of 4")
            }
            guard offset < file.byteCount, file.byteCount - offset >= UInt64(PartHeader.byteCount) else {
                throw bad("key \(key) has the offset \(offset), and the data ends at \(file.byteCount)")
            }
        }

        // Ascending offsets are what every writer leaves; sorting is for lists that were edited.
        var order: [Int]?
        if !zip(listedOffsets, listedOffsets.dropFirst()).allSatisfy(<) {
            order = listedOffsets.indices.sorted { listedOffsets[$0] < listedOffsets[$1] }
        }
        let offsets = order?.map { listedOffsets[$0] } ?? listedOffsets
        let keys = order?.map { listedKeys[$0] } ?? listedKeys
        for ordinal in offsets.indices.dropFirst() where offsets[ordinal] == offsets[ordinal - 1] {
            throw bad("keys \(keys[ordinal - 1]) and \(keys[ordinal]) both have the offset \(offsets[ordinal])")
        }
        var listedOrder: [Int]?
        if let order {
            var inverse = [Int](repeating: 0, count: order.count)
            for (ordinal, listed) in order.enumerated() { inverse[listed] = ordinal }
            // Sorting is needed too when two offsets are equal, but that has just been refused.
            listedOrder = inverse
        }
        let ends = offsets.dropFirst() + [file.byteCount]
        let spans = zip(offsets, ends).map { UInt32(clamping: $1 - $0) }
        var index = RecordIndex(offsets: offsets, spans: spans, keys: keys, listedOrder: listedOrder)
        try index.probe(file, indexPath: indexPath)
        try index.detectInsightFace(file)
        return index
    }

    /// Refuses an index most of whose offsets are no records: it was made for another file. Single ones are damage of
    /// the data, and are reported when they are read.
    private func probe(_ file: RecordFile, indexPath: String) throws(RecordError) {
        var window = FileWindow(file: file)
        var failures = 0
        var firstFailure: UInt64?
        let probes = min(count, Self.probeCount)
        for probe in 0..<probes {
            let offset = self[probe * (count - 1) / max(probes - 1, 1)].offset
            guard try window.load(offset, PartHeader.byteCount) >= PartHeader.byteCount else { continue }
            let word = window.uint32(at: offset + 4)
            if window.uint32(at: offset) == PartHeader.magic, PartHeader(word: word).beginsRecord { continue }
            failures += 1
            firstFailure = firstFailure ?? offset
        }
        if failures * 2 > probes, let firstFailure {
            throw .badIndex(
                file: indexPath, dataFile: file.path,
                reason:
                    "of \(probes) offsets tried, \(failures) are not the begin of a record, the first \(firstFailure)")
        }
    }

    /// Looks for InsightFace's header record, which has the key 0, and then for the identities it announces.
    private mutating func detectInsightFace(_ file: RecordFile) throws(RecordError) {
        guard let keys, let headerOrdinal = keys.firstIndex(of: 0) else { return }
        var detector = InsightFaceDetector()
        var walker = RecordWalker(file: file)
        try consider(headerOrdinal, &detector, &walker)
        guard let firstIdentity = detector.claimedFirstIdentity else { return }
        let smallest = UInt32(PartHeader.byteCount + 32)
        for ordinal in keys.indices where ordinal != headerOrdinal {
            // A record of this size can be no image. Larger ones are looked at only where the header record says so,
            // for when the next record is not listed; a Float32 may have rounded what it says.
            if spans[ordinal] == smallest || keys[ordinal] >= firstIdentity - min(firstIdentity, 64) {
                try consider(ordinal, &detector, &walker)
            }
        }
        apply(detector)
    }

    private func consider(
        _ ordinal: Int, _ detector: inout InsightFaceDetector, _ walker: inout RecordWalker
    ) throws(RecordError) {
        walker.seek(to: offsets[ordinal])
        do {
            guard case .record(let extent) = try walker.next(resynchronise: false) else { return }
            if let words = try walker.words(of: extent) { detector.consider(ordinal, words) }
        } catch .damaged {
            // A damaged record is nothing to leave out; whoever reads it will report it.
        }
    }
}

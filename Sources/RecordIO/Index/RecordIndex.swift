import DataTypes

/// Where the records of one file lie, in the order of their offsets.
///
/// Twelve bytes a record, and eight more for the key when an .idx file gave one.
package struct RecordIndex: Sendable {
    private(set) var offsets: [UInt64]
    private(set) var spans: [UInt32]
    /// What the .idx file calls each record; nil after a scan.
    package private(set) var keys: [UInt64]?
    /// Ordinals in the order of the .idx file's lines; nil when that is the order of the offsets.
    package private(set) var listedOrder: [Int]?
    /// What a scan could not read. An .idx file's lies show when a record is read.
    package let damage: DamageReport
    /// Set when the file has InsightFace's layout. Its records without image are not in the index.
    package private(set) var insightFace: InsightFaceLayout?

    /// - Parameters:
    ///   - offsets: ascending.
    ///   - spans: one for each offset.
    ///   - keys: one for each offset, or nil.
    init(
        offsets: [UInt64], spans: [UInt32], keys: [UInt64]? = nil, listedOrder: [Int]? = nil,
        damage: DamageReport = DamageReport(), insightFace: InsightFaceLayout? = nil
    ) {
        precondition(offsets.count == spans.count && offsets.count == keys?.count ?? offsets.count)
        self.offsets = offsets
        self.spans = spans
        self.keys = keys
        self.listedOrder = listedOrder
        self.damage = damage
        self.insightFace = insightFace
    }

    package var count: Int { offsets.count }

    /// Record `ordinal`, counted from 0 in the order of offsets.
    package subscript(ordinal: Int) -> RecordEntry {
        RecordEntry(offset: offsets[ordinal], spanBytes: spans[ordinal])
    }

    /// The first record that begins at `offset` or behind it; `count` when there is none.
    package func firstOrdinal(atOrAfter offset: UInt64) -> Int {
        var low = 0
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds what makes this file's records what they are.
    func addFingerprint(to fingerprint: inout Fingerprint) {
        fingerprint.combine(UInt64(offsets.count))
        for offset in offsets { fingerprint.combine(offset) }
    }

    /// Leaves out InsightFace's records without image, when `detector` found that layout.
    mutating func apply(_ detector: InsightFaceDetector) {
        guard let (excluded, layout) = detector.finish(recordCount: count) else { return }
        insightFace = layout
        offsets.remove(at: excluded)
        spans.remove(at: excluded)
        keys?.remove(at: excluded)
        // An ordinal moves down by the number of ordinals left out before it.
        listedOrder = listedOrder?.compactMap { ordinal in
            let before = excluded.partitioningIndex { $0 >= ordinal }
            return before < excluded.count && excluded[before] == ordinal ? nil : ordinal - before
        }
    }
}

extension Array {
    /// Removes the elements at `positions`, ascending, in one pass.
    fileprivate mutating func remove(at positions: [Int]) {
        guard let first = positions.first else { return }
        var next = 0
        var end = first
        for position in first..<count {
            if next < positions.count, positions[next] == position {
                next += 1
            } else {
                self[end] = self[position]
                end += 1
            }
        }
        removeLast(count - end)
    }

    /// The first position whose element satisfies `predicate`, which the elements before do not and all behind do.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

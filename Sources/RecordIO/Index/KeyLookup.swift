/// Finds records by the keys of an .idx file. Of records with the same key, the one listed last is found, as in MXNet.
package struct KeyLookup: Sendable {
    /// Sorted. Of equal keys only the last listed is kept.
    private var keys: [UInt64] = []
    private var ordinals: [Int] = []

    /// - Parameter index: one that was read from an .idx file; a scanned one has no keys, and nothing is found.
    package init(_ index: RecordIndex) {
        guard let all = index.keys else { return }
        let listed = index.listedOrder ?? Array(all.indices)
        // Listed positions and not ordinals are sorted, and the sort is stable: equal keys stay in the order of lines.
        let sorted = listed.sorted { all[$0] < all[$1] }
        for ordinal in sorted {
            if keys.last == all[ordinal] {
                ordinals[ordinals.count - 1] = ordinal
            } else {
                keys.append(all[ordinal])
                ordinals.append(ordinal)
            }
        }
    }

    /// The ordinal within the file of the record with that key.
    package func ordinal(ofKey key: UInt64) -> Int? {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? ordinals[low] : nil
    }
}

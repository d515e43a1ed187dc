import RecordIO

/// The .idx file of the rewritten records.
///
/// Where the old file has one, it has the same keys in the same order, for the records that it lists. Otherwise every
/// record is listed by the id in its header, or by its number when ids are missing or not unique.
struct OutputIndex {
    private struct List {
        var path: String
        var keys: [UInt64]
        var offsets: [UInt64]
        /// Lines, by offset.
        var order: [Int]
        /// How many of those are settled.
        var settled = 0
    }

    private var list: List?
    /// New offsets: of the list's lines, nil where no record was found, or of all records.
    private var offsets: [UInt64?] = []
    /// Of all records; nil once one had none.
    private var ids: [UInt64]? = []

    /// - Parameter listPath: the old file's .idx file; nil when it has none.
    /// - Throws: `RecordError` when it cannot be read or was made for another file.
    init(listPath: String?, for file: RecordFile) throws(RecordError) {
        guard let listPath else { return }
        // Says at once what is wrong with it.
        _ = try RecordIndex.read(indexPath: listPath, for: file)
        // A record has 8 bytes at least.
        let lines = try IndexFileParser(path: listPath, maximumCount: file.byteCount / 8)
        let old = lines.offsets
        var order = Array(old.indices)
        if !zip(old, old.dropFirst()).allSatisfy(<) { order.sort { old[$0] < old[$1] } }
        list = List(path: listPath, keys: lines.keys, offsets: old, order: order)
        offsets = [UInt64?](repeating: nil, count: old.count)
    }

    /// Notes where a record went; records come in the order of their old offsets.
    mutating func add(_ record: RewrittenRecord, at offset: UInt64) {
        guard var list = list.take() else {
            offsets.append(offset)
            if let id = record.id { ids?.append(id) } else { ids = nil }
            return
        }
        while list.settled < list.order.count, list.offsets[list.order[list.settled]] <= record.offset {
            let line = list.order[list.settled]
            if list.offsets[line] == record.offset { offsets[line] = offset }
            list.settled += 1
        }
        self.list = list
    }

    /// Writes the lines when all records have been added.
    ///
    /// - Parameter damage: what was no record in the old file. Lines that lead there are left out.
    /// - Throws: `ToolError` for a line that leads to no record elsewhere.
    func write(to writer: inout RecordWriter, damage: DamageReport) throws {
        let keys = list?.keys ?? uniqueIds ?? (0..<UInt64(offsets.count)).map(\.self)
        for (line, offset) in offsets.enumerated() {
            if let offset {
                try writer.list(key: keys[line], offset: offset)
            } else if let list, !damage.mayHold(list.offsets[line]) {
                throw ToolError(
                    "'\(list.path)' says that a record begins at byte \(list.offsets[line]), and none does; make "
                        + "another with 'headrace rec index'; nothing was written")
            }
        }
    }

    private var uniqueIds: [UInt64]? {
        guard let ids, Set(ids).count == ids.count else { return nil }
        return ids
    }
}

extension DamageReport {
    /// Not all stretches are kept when there are very many.
    fileprivate func mayHold(_ offset: UInt64) -> Bool {
        rangeCount > ranges.count || ranges.contains { $0.offset <= offset && offset - $0.offset < $0.byteCount }
    }
}

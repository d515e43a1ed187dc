import RecordIO

/// The .idx file of the rewritten records.
///
/// Where the old file has one, it has the same keys in the same order, for the records that it lists. Otherwise every
/// record is listed by the id in its header, or by its number when ids are missing or not unique.
struct OutputIndex {
    private let listedKeys: [UInt64]?
    private let listedOffsets: [UInt64]
    /// Positions in the list, by offset.
    private var order: [Int] = []
    /// How many of those have been met.
    private var met = 0
    /// New offsets of the listed records, or of all.
    private var offsets: [UInt64] = []
    /// Of all records; nil once one had none.
    private var ids: [UInt64]? = []
    private let path: String

    /// - Parameter listPath: the old file's .idx file; nil when it has none.
    init(listPath: String?, for file: RecordFile) throws {
        path = listPath ?? ""
        guard let listPath else {
            listedKeys = nil
            listedOffsets = []
            return
        }
        // A record has 8 bytes at least.
        let list = try IndexFileParser(path: listPath, maximumCount: file.byteCount / 8)
        listedKeys = list.keys
        listedOffsets = list.offsets
        offsets = [UInt64](repeating: 0, count: listedOffsets.count)
        order = Array(listedOffsets.indices)
        if !zip(listedOffsets, listedOffsets.dropFirst()).allSatisfy(<=) {
            order.sort { (listedOffsets[$0], $0) < (listedOffsets[$1], $1) }
        }
    }

    /// Notes where a record went; records come in the order of their old offsets.
    ///
    /// - Throws: `ToolError` when the list says that a record begins where none does.
    mutating func add(_ record: RewrittenRecord, at offset: UInt64) throws {
        guard listedKeys != nil else {
            offsets.append(offset)
            if let id = record.id { ids?.append(id) } else { ids = nil }
            return
        }
        try refuse(before: record.offset)
        while met < order.count, listedOffsets[order[met]] == record.offset {
            offsets[order[met]] = offset
            met += 1
        }
    }

    /// Writes the lines when all records have been added.
    func write(to writer: inout RecordWriter) throws {
        try refuse(before: .max)
        let keys = listedKeys ?? uniqueIds ?? (0..<UInt64(offsets.count)).map(\.self)
        for (key, offset) in zip(keys, offsets) { try writer.list(key: key, offset: offset) }
    }

    private var uniqueIds: [UInt64]? {
        guard let ids, Set(ids).count == ids.count else { return nil }
        return ids
    }

    private func refuse(before offset: UInt64) throws {
        guard met < order.count, listedOffsets[order[met]] < offset else { return }
        throw ToolError(
            "'\(path)' says that a record begins at byte \(listedOffsets[order[met]]), and none does; "
                + "make another with 'headrace rec index', or leave out --index; nothing was written")
    }
}

import RecordIO

/// One .rec file in the making, with its .idx file. Nothing of it is to be seen before `finish`.
final class PackedFile {
    let list: PackList
    private(set) var images = 0
    private(set) var leftOut = 0
    private(set) var badLines = 0
    private(set) var byteCount: UInt64 = 0
    private var writer: RecordWriter?

    init(_ list: PackList) throws(RecordError) {
        self.list = list
        writer = try RecordWriter(path: list.recordPath, indexPath: list.indexPath)
    }

    func add(_ row: PackedRow) throws(RecordError) {
        switch row.outcome {
        case .record(let id, let payload):
            try writer?.write(payload.span, key: id)
            byteCount = writer?.byteCount ?? byteCount
            images += 1
        case .unusable: leftOut += 1
        case .badLine: badLines += 1
        }
    }

    /// Gives the files their names.
    func finish() throws(RecordError) {
        guard let writer = writer.take() else { return }
        try writer.finish()
    }
}

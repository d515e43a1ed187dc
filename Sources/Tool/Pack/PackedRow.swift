import RecordIO

/// What became of one row of a list.
struct PackedRow: Sendable {
    enum Outcome: Sendable {
        /// The record, header and all.
        case record(id: UInt64, payload: [UInt8])
        case unusable(path: String, PictureFault)
        case badLine(reason: String)
    }

    var line: Int
    var outcome: Outcome

    /// Bytes that the row keeps in memory.
    var byteCount: Int {
        if case .record(_, let payload) = outcome { payload.count } else { 0 }
    }

    /// Packs a row: reads and treats its picture and puts the header before it.
    ///
    /// - Parameters:
    ///   - root: what relative paths are relative to.
    ///   - packsLabels: all labels of a row that has several, not the first alone.
    init(_ row: ListReader.Row, root: String, packsLabels: Bool, encoder: PictureEncoder) {
        switch row {
        case .fault(let line, let reason):
            self.line = line
            outcome = .badLine(reason: reason)
        case .image(let line, let id, let labels, let path):
            self.line = line
            let all = packsLabels && labels.count > 1 ? labels : nil
            let header = ImageRecordHeader(label: labels[0], id: id)
            // The format's limit, less the header.
            let limit = (1 << 29) - 1 - ImageRecordHeader.byteCount - 4 * (all?.count ?? 0)
            do throws(PictureFault) {
                let file = try PictureFile.read(path.hasPrefix("/") ? path : root + "/" + path, limit: limit)
                let picture = try encoder.encode(file)
                guard picture.count <= limit else { throw .tooLarge(byteCount: picture.count) }
                outcome = .record(id: id, payload: header.pack(labels: all, image: picture.span))
            } catch {
                outcome = .unusable(path: path, error)
            }
        }
    }
}

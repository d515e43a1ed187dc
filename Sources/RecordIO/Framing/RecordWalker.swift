/// Goes through a file from record to record, looking at headers only.
///
/// After damage it can go on at the next place where a record must begin. That is safe because of how records are
/// written: a magic number at a multiple of four inside the data is split off, so whatever looks like a header at such
/// a place is one, unless the damage itself forged it; therefore a place counts only when a whole record parses there.
/// When neither the end of the file nor another magic number follows a record, and a record begins inside it, its own
/// length is what is damaged, and the one inside counts.
struct RecordWalker: ~Copyable {
    enum Step {
        case record(RecordExtent)
        /// Bytes that belong to no record. Seen only when resynchronising.
        case damage(DamagedRange)
        case end
    }

    private enum Measured {
        case record(RecordExtent)
        case fault(RecordFault, at: UInt64)
    }

    let file: RecordFile
    /// Where the next step begins.
    private(set) var position: UInt64
    private var frames: FileWindow
    private var search: FileWindow
    /// Damage behind the record that was returned last.
    private var pending: DamagedRange?
    /// Parts that may still be looked at in search of a record's begin. A forged file could otherwise make every one of
    /// its bytes the start of the same long chain of parts, and cost the square of its size.
    private var searchBudget: UInt64
    private var isSearching = false

    init(file: RecordFile, position: UInt64 = 0) {
        self.file = file
        self.position = position
        frames = FileWindow(file: file)
        search = FileWindow(file: file)
        searchBudget = file.byteCount / 8 + 1 << 20
    }

    /// The next record, or the damage before it.
    ///
    /// - Parameter resynchronise: false: damage is thrown, and thrown again at the next call.
    /// - Throws: `.damaged`, `.fileChanged` or `.system`.
    mutating func next(resynchronise: Bool) throws(RecordError) -> Step {
        if let damage = pending {
            pending = nil
            return .damage(damage)
        }
        guard position < file.byteCount else { return .end }
        switch try measure(position) {
        case .fault(let fault, let at):
            guard file.isUnchanged else { throw .fileChanged(file: file.path, offset: at) }
            guard resynchronise else { throw .damaged(fault, file: file.path, offset: at) }
            return .damage(skip(to: try findStart(from: position + 4), fault))
        case .record(let extent):
            guard resynchronise, let found = try whatFollows(extent) else {
                position = extent.end
                return .record(extent)
            }
            // Neither a record nor the end: either the length of this record is wrong and it swallows others, which can
            // be seen by their headers inside it, or something else was written behind it.
            let start = try findStart(from: position + UInt64(PartHeader.byteCount))
            if start < extent.end { return .damage(skip(to: start, found)) }
            position = extent.end
            pending = skip(to: start, found)
            return .record(extent)
        }
    }

    /// The content of a record of one part and exactly 32 bytes, as four little-endian numbers; nil for any other.
    mutating func words(of extent: RecordExtent) throws(RecordError) -> [4 of UInt64]? {
        guard extent.partCount == 1, extent.payloadBytes == 32 else { return nil }
        let data = extent.offset + UInt64(PartHeader.byteCount)
        guard try frames.load(data, 32) >= 32 else { return nil }
        let bytes = frames.bytes(data, 32)
        return [4 of UInt64] { bytes.uint64(at: 8 * $0) }
    }

    /// Goes on at `offset`, the first byte of a record.
    mutating func seek(to offset: UInt64) {
        position = offset
        pending = nil
    }

    /// Moves to `start`, and says what is wrong with the bytes before it.
    private mutating func skip(to start: UInt64, _ reason: RecordFault) -> DamagedRange {
        defer { position = start }
        return DamagedRange(file: file.path, offset: position, byteCount: start - position, reason: reason)
    }

    /// Nil when the end of the file or another part follows, otherwise what is there instead.
    private mutating func whatFollows(_ extent: RecordExtent) throws(RecordError) -> RecordFault? {
        let available = try frames.load(extent.end, 4)
        if available == 0 { return nil }
        guard available >= 4 else { return .truncatedHeader(availableBytes: UInt64(available)) }
        let magic = frames.uint32(at: extent.end)
        return magic == PartHeader.magic ? nil : .badMagic(found: magic)
    }

    /// Follows the parts of the record at `offset`.
    private mutating func measure(_ offset: UInt64) throws(RecordError) -> Measured {
        var at = offset
        var payloadBytes = 0
        var parts = 0
        while true {
            let available = try frames.load(at, PartHeader.byteCount)
            guard available >= PartHeader.byteCount else {
                let isMissing = parts > 0 && available == 0
                return .fault(
                    isMissing
                        ? .unfinished(partsBefore: UInt64(parts)) : .truncatedHeader(availableBytes: UInt64(available)),
                    at: at)
            }
            let magic = frames.uint32(at: at)
            guard magic == PartHeader.magic else { return .fault(.badMagic(found: magic), at: at) }
            let header = PartHeader(word: frames.uint32(at: at + 4))
            let isLast: Bool
            do { isLast = try header.endsRecord(partsBefore: parts) } catch { return .fault(error, at: at) }
            payloadBytes += (parts == 0 ? 0 : 4) + header.length
            guard payloadBytes <= file.maximumRecordBytes else {
                let limit = UInt64(file.maximumRecordBytes)
                return .fault(.tooLarge(payloadBytes: UInt64(payloadBytes), limitBytes: limit), at: at)
            }
            let rest = file.byteCount - at - UInt64(PartHeader.byteCount)
            guard UInt64(header.paddedLength) <= rest else {
                let needed = UInt64(header.paddedLength)
                return .fault(.truncatedPart(neededBytes: needed, availableBytes: rest), at: at)
            }
            parts += 1
            at += UInt64(PartHeader.byteCount + header.paddedLength)
            if isLast {
                let stored = at - offset
                return .record(
                    RecordExtent(offset: offset, storedBytes: stored, payloadBytes: payloadBytes, partCount: parts))
            }
            if searchBudget == 0, isSearching { return .fault(.unfinished(partsBefore: UInt64(parts)), at: at) }
            if isSearching { searchBudget -= 1 }
        }
    }

    /// The first place from `offset` on where a whole record begins; the file's size when there is none.
    private mutating func findStart(from offset: UInt64) throws(RecordError) -> UInt64 {
        isSearching = true
        defer { isSearching = false }
        var at = offset
        while searchBudget > 0 {
            let available = try search.load(at, 64 << 10) & ~3
            if available < PartHeader.byteCount { break }
            // The last word of a block is looked at with the next one, which holds its length word too.
            guard let hit = Self.firstStart(in: search.bytes(at, available)) else {
                at += UInt64(available - 4)
                continue
            }
            at += UInt64(hit)
            searchBudget -= 1
            if case .record = try measure(at) { return at }
            at += 4
        }
        return file.byteCount
    }

    /// The position of the first header that begins a record, among the multiples of four.
    private static func firstStart(in bytes: RawSpan) -> Int? {
        var position = 0
        while position + PartHeader.byteCount <= bytes.byteCount {
            if bytes.uint32(at: position) == PartHeader.magic,
                PartHeader(word: bytes.uint32(at: position + 4)).beginsRecord
            {
                return position
            }
            position += 4
        }
        return nil
    }
}

extension RecordFile {
    /// Most of the bytes that are read before the record's own header has been seen: an .idx file may be wrong by any
    /// amount, and a wrong one must not cost a read of the whole file per record.
    private static let firstReadBytes: UInt64 = 1 << 20

    /// Reads and assembles one record. Safe from any thread, each with its own buffer.
    ///
    /// One pread when the record is no longer than `entry.spanBytes` and 1 MiB; allocates only to grow the buffer.
    /// On failure the buffer holds no record.
    ///
    /// - Throws: `.damaged` when no record lies there, `.fileChanged` or `.system`.
    package func readRecord(_ entry: RecordEntry, into buffer: inout RecordBuffer) throws(RecordError) {
        buffer.setPayload(0..<0)
        let offset = entry.offset
        let available = offset < byteCount ? byteCount - offset : 0
        let wanted = max(UInt64(entry.spanBytes), UInt64(PartHeader.byteCount))
        var loaded = Int(min(wanted, Self.firstReadBytes, available))
        buffer.reserve(loaded)
        try read(at: offset, to: 0..<loaded, of: &buffer)

        var at = 0
        var end = PartHeader.byteCount
        var parts = 0
        while true {
            guard try load(at + PartHeader.byteCount, of: entry, available, &loaded, &buffer) else {
                if parts > 0, UInt64(at) == available {
                    throw fault(.unfinished(partsBefore: UInt64(parts)), offset, at)
                }
                throw fault(.truncatedHeader(availableBytes: available - UInt64(at)), offset, at)
            }
            let magic = buffer.loaded(at..<at + 4).uint32(at: 0)
            guard magic == PartHeader.magic else { throw fault(.badMagic(found: magic), offset, at) }
            let header = PartHeader(word: buffer.loaded(at + 4..<at + 8).uint32(at: 0))
            let isLast: Bool
            do { isLast = try header.endsRecord(partsBefore: parts) } catch { throw fault(error, offset, at) }

            // Between two parts stood a magic number, which the writer left out.
            let payloadBytes = end - PartHeader.byteCount + (parts == 0 ? 0 : 4) + header.length
            guard payloadBytes <= maximumRecordBytes else {
                throw fault(
                    .tooLarge(payloadBytes: UInt64(payloadBytes), limitBytes: UInt64(maximumRecordBytes)), offset, at)
            }
            let data = at + PartHeader.byteCount
            guard try load(data + header.paddedLength, of: entry, available, &loaded, &buffer) else {
                throw fault(
                    .truncatedPart(
                        neededBytes: UInt64(header.paddedLength), availableBytes: available - UInt64(data)), offset, at)
            }
            if parts > 0 {
                // Always moves down: each part brought a header of eight bytes for the four that are put back.
                buffer.store(PartHeader.magic, at: end)
                buffer.move(from: data, to: end + 4, count: header.length)
                end += 4
            }
            end += header.length
            parts += 1
            at = data + header.paddedLength
            if isLast { break }
        }
        buffer.setPayload(PartHeader.byteCount..<end)
    }

    /// Makes sure that the first `count` bytes from the entry's offset are in the buffer.
    ///
    /// - Returns: false when the file has not that many.
    private func load(
        _ count: Int, of entry: RecordEntry, _ available: UInt64, _ loaded: inout Int, _ buffer: inout RecordBuffer
    ) throws(RecordError) -> Bool {
        if count <= loaded { return true }
        guard UInt64(count) <= available else { return false }
        // A record of very many parts is not read part by part, nor beyond where it is said to end.
        let reach = min(UInt64(entry.spanBytes), UInt64(loaded) + Self.firstReadBytes, available)
        let target = max(count, Int(reach))
        buffer.reserve(target)
        try read(at: entry.offset + UInt64(loaded), to: loaded..<target, of: &buffer)
        loaded = target
        return true
    }

    /// The error for a fault `position` bytes into the record at `offset`.
    private func fault(_ fault: RecordFault, _ offset: UInt64, _ position: Int) -> RecordError {
        let place = offset &+ UInt64(position)
        return isUnchanged ? .damaged(fault, file: path, offset: place) : .fileChanged(file: path, offset: place)
    }
}

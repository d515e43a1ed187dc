import DataTypes
import Glibc

/// Keeps the results of scans in a directory, so that a file is gone through once.
///
/// One cache file per data file, named by a hash of its real path. It is good for exactly the data file it was made
/// from: same path, size, modification time and inode. Anything else, damage included, counts as not there. A cache
/// file is a row of 64-bit words in the machine's byte order:
///
///     format | size | mtime ns | inode | record limit | records | ranges kept | ranges | damaged bytes
///     | has InsightFace, its 4 numbers | path bytes | path ...
///     | ranges, 5 words each ... | offsets ... | spans, 2 a word ... | checksum, 2 words
package struct IndexCache: Sendable {
    /// "HRINDEX" and the version, which changes with the format or with what a scan finds.
    private static let format: UInt64 = 0x4852_494E_4445_5801
    private static let headerWords = 15

    private let directory: String

    /// - Parameter directory: need not exist yet.
    package init(directory: String) { self.directory = directory }

    /// The cached index of `file`, or nil when there is none that can be used.
    package func load(for file: RecordFile) -> RecordIndex? {
        guard let realPath = FileSystem.realPath(of: file.path) else { return nil }
        // Whatever fails here, the data can be scanned again.
        return try? read(realPath, file)
    }

    /// Stores the index that a scan of `file` gave.
    ///
    /// - Returns: nil, or why it could not be stored. That costs time at the next start and is no failure.
    package func store(_ index: RecordIndex, for file: RecordFile) -> String? {
        guard let realPath = FileSystem.realPath(of: file.path) else { return nil }
        // The path is a C string for the length of the call. Other users have no business with what data we serve.
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST {
            let error = RecordError.system(operation: "create", path: directory, code: errno)
            return "the index of '\(file.path)' is not cached: \(error)"
        }
        do {
            try write(index, realPath, file)
            return nil
        } catch {
            return "the index of '\(file.path)' is not cached: \(error)"
        }
    }

    /// Where the index of the file at `realPath` is kept.
    package func cachePath(of realPath: String) -> String {
        var name = Fingerprint()
        name.combine(realPath)
        return FileSystem.join(directory, name.hex + ".index")
    }

    private func write(_ index: RecordIndex, _ realPath: String, _ file: RecordFile) throws(RecordError) {
        var words: [UInt64] = [
            Self.format, file.byteCount, UInt64(bitPattern: file.modificationNanoseconds), file.inode,
            UInt64(file.maximumRecordBytes), UInt64(index.count), UInt64(index.damage.ranges.count),
            UInt64(index.damage.rangeCount), index.damage.byteCount,
        ]
        let layout = index.insightFace
        words.append(layout == nil ? 0 : 1)
        words.append(UInt64(layout?.imageCount ?? 0))
        words.append(UInt64(layout?.identityCount ?? 0))
        words.append(layout?.claimedImageCount ?? 0)
        words.append(layout?.claimedIdentityCount ?? 0)
        words.append(UInt64(realPath.utf8.count))
        precondition(words.count == Self.headerWords)
        words.append(contentsOf: realPath.packedWords)
        for range in index.damage.ranges {
            let reason = range.reason.stored
            words.append(contentsOf: [range.offset, range.byteCount, reason[0], reason[1], reason[2]])
        }
        words.append(contentsOf: index.offsets)
        for first in stride(from: 0, to: index.count, by: 2) {
            let second = first + 1 < index.count ? UInt64(index.spans[first + 1]) : 0
            words.append(UInt64(index.spans[first]) | second << 32)
        }
        words += WordFile.checksum(of: words, count: words.count)

        let output = try AtomicOutputFile(path: cachePath(of: realPath))
        // A UInt64 has no padding that could be read uninitialised.
        try output.write(unsafe words.span.bytes)
        try output.synchronise()
        try output.commit()
    }

    private func read(_ realPath: String, _ file: RecordFile) throws(RecordError) -> RecordIndex? {
        let words = try WordFile.read(cachePath(of: realPath))
        let count = words.count - 2
        guard count >= Self.headerWords, words[0] == Self.format, words[1] == file.byteCount,
            words[2] == UInt64(bitPattern: file.modificationNanoseconds), words[3] == file.inode,
            words[4] == UInt64(file.maximumRecordBytes)
        else { return nil }
        guard WordFile.checksum(of: words, count: count) == Array(words[count...]) else { return nil }

        // With the right checksum these are what was written; the bounds are checked so that no accident can trap.
        guard let records = Int(exactly: words[5]), let kept = Int(exactly: words[6]),
            let ranges = Int(exactly: words[7]),
            let images = Int(exactly: words[10]), let identities = Int(exactly: words[11]),
            let pathBytes = Int(exactly: words[14]), records < count, kept < count, pathBytes / 8 < count,
            Self.headerWords + (pathBytes + 7) / 8 + 5 * kept + records + (records + 1) / 2 == count
        else { return nil }
        var next = Self.headerWords
        let pathWords = Array(words[next..<next + (pathBytes + 7) / 8])
        guard String(packedWords: pathWords, byteCount: pathBytes) == realPath else { return nil }
        next += pathWords.count

        var damaged: [DamagedRange] = []
        for _ in 0..<kept {
            guard let reason = RecordFault(stored: words[next + 2], words[next + 3], words[next + 4]) else {
                return nil
            }
            damaged.append(
                DamagedRange(file: file.path, offset: words[next], byteCount: words[next + 1], reason: reason))
            next += 5
        }
        let offsets = Array(words[next..<next + records])
        next += records
        let spans = (0..<records).map { UInt32(truncatingIfNeeded: words[next + $0 / 2] >> (UInt64($0 & 1) * 32)) }
        var layout: InsightFaceLayout?
        if words[9] == 1 {
            layout = InsightFaceLayout(
                imageCount: images, identityCount: identities, claimedImageCount: words[12],
                claimedIdentityCount: words[13])
        }
        return RecordIndex(
            offsets: offsets, spans: spans,
            damage: DamageReport(ranges: damaged, rangeCount: ranges, byteCount: words[8]), insightFace: layout)
    }
}

/// The shares of a data set as MXNet cuts them, for those who need the same split.
///
/// Follows dmlc-core `src/io/input_split_base.cc` (by bytes) and `indexed_recordio_split.cc` (by records), as of MXNet
/// 1.9.1. By bytes the shares differ in records, and late ones may be empty.
package enum BytePartition {
    /// The records of one share when the files, joined, are cut into `partCount` ranges of bytes: those that begin in
    /// the range. A range has a multiple of four bytes.
    ///
    /// - Parameter part: 0 ..< `partCount`.
    package static func byBytes(_ manifest: Manifest, part: Int, of partCount: Int) -> Range<Int> {
        precondition(partCount > 0 && part >= 0 && part < partCount)
        let share = (manifest.byteCount - 1) / UInt64(partCount) + 1
        let step = (share + 3) & ~3
        return ordinal(atOrAfter: cut(part, step), manifest)..<ordinal(atOrAfter: cut(part + 1, step), manifest)
    }

    /// The records of one share when each takes the same number, the last what is left. So MXNet cuts when it has an
    /// .idx file.
    ///
    /// - Parameter part: 0 ..< `partCount`.
    package static func byRecords(_ sampleCount: Int, part: Int, of partCount: Int) -> Range<Int> {
        precondition(partCount > 0 && part >= 0 && part < partCount && sampleCount >= 0)
        let step = UInt64(sampleCount / partCount + (sampleCount % partCount == 0 ? 0 : 1))
        let low = min(cut(part, step), UInt64(sampleCount))
        let high = min(cut(part + 1, step), UInt64(sampleCount))
        return Int(low)..<Int(high)
    }

    /// How many byte ranges `shuffle_chunk_size` cuts each part into, with MXNet's allowance of a tenth.
    ///
    /// - Parameter chunkMegabytes: the parameter's value, above 0.
    package static func chunksPerPart(_ manifest: Manifest, partCount: Int, chunkMegabytes: Int) -> Int {
        precondition(partCount > 0 && chunkMegabytes > 0)
        let chunks = Double(manifest.byteCount) * 1.1 / (Double(partCount) * Double(chunkMegabytes) * 0x1p20)
        return max(1, Int(chunks.rounded(.up)))
    }

    private static func cut(_ part: Int, _ step: UInt64) -> UInt64 {
        let (cut, overflow) = UInt64(part).multipliedReportingOverflow(by: step)
        return overflow ? .max : cut
    }

    /// The first record that begins at byte `offset` of the joined files, or behind it.
    private static func ordinal(atOrAfter offset: UInt64, _ manifest: Manifest) -> Int {
        guard offset < manifest.byteCount else { return manifest.sampleCount }
        var low = 0
        var high = manifest.files.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if manifest.files[middle].firstByte <= offset { low = middle } else { high = middle }
        }
        let file = manifest.files[low]
        return file.firstOrdinal + file.index.firstOrdinal(atOrAfter: offset - file.firstByte)
    }
}

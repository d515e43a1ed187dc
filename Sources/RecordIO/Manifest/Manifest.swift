import DataTypes

/// What a data set is: its files in order, and where each record lies.
///
/// Records have ordinals from 0 across all files. A manifest never changes; open files are its own, and close with it.
package final class Manifest: Sendable {
    package let files: [ManifestFile]
    /// Records, those left out as InsightFace's own not counted.
    package let sampleCount: Int
    /// Bytes of all files.
    package let byteCount: UInt64
    /// 32 hexadecimal digits that stand for the files' names (without their directories), sizes and record offsets: the
    /// same on another machine and after a copy.
    package let fingerprint: String
    /// What the scans could not read.
    package let damage: DamageReport
    /// What the user should know but that stops nothing, in sentences.
    package let warnings: [String]

    /// Opens the files and finds their records, from .idx files, from the cache or by a scan.
    ///
    /// - Parameters:
    ///   - paths: as `path_imgrec` has it; see `RecordPaths`.
    ///   - indexPaths: as `path_imgidx` has it: nil or empty, or one .idx file for each data file, separated by `;`.
    ///   - cacheDirectory: where the results of scans are kept; nil: nowhere.
    ///   - maximumRecordBytes: a record that claims more is damaged.
    ///   - progress: called now and then while scanning, with bytes gone through and bytes of all files; returns false
    ///     to give up.
    /// - Throws: what stands in the way of serving the data at all; a `.damaged` when no record of any file can be
    ///   read.
    package static func open(
        paths: String, indexPaths: String? = nil, cacheDirectory: String? = nil, maximumRecordBytes: Int = 1 << 30,
        progress: (_ scannedBytes: UInt64, _ totalBytes: UInt64) -> Bool = { _, _ in true }
    ) throws(RecordError) -> Manifest {
        let expanded = try RecordPaths(expanding: paths)
        var warnings = expanded.warnings
        let indexFiles = (indexPaths ?? "").split(separator: ";").map(String.init)
        guard indexFiles.isEmpty || indexFiles.count == expanded.paths.count else {
            throw .indexCountMismatch(indexCount: indexFiles.count, fileCount: expanded.paths.count)
        }
        var opened: [RecordFile] = []
        for path in expanded.paths {
            opened.append(try RecordFile(path: path, maximumRecordBytes: maximumRecordBytes))
        }
        let totalBytes = opened.reduce(0) { $0 &+ $1.byteCount }

        let cache = cacheDirectory.map { IndexCache(directory: $0) }
        var files: [ManifestFile] = []
        var firstOrdinal = 0
        var firstByte: UInt64 = 0
        for (position, file) in opened.enumerated() {
            let index: RecordIndex
            if !indexFiles.isEmpty {
                index = try RecordIndex.read(indexPath: indexFiles[position], for: file)
            } else if let cached = cache?.load(for: file) {
                index = cached
            } else {
                index = try RecordIndex.scan(file) { progress(firstByte + $0, totalBytes) }
                if let warning = cache?.store(index, for: file) { warnings.append(warning) }
            }
            if let warning = index.insightFace?.warning { warnings.append("'\(file.path)': \(warning)") }
            files.append(ManifestFile(file: file, index: index, firstOrdinal: firstOrdinal, firstByte: firstByte))
            firstOrdinal += index.count
            firstByte += file.byteCount
        }
        let manifest = Manifest(files: files, warnings: warnings)
        if manifest.sampleCount == 0 {
            if let first = manifest.damage.ranges.first {
                throw .damaged(first.reason, file: first.file, offset: first.offset)
            }
            throw .noData(paths: paths)
        }
        return manifest
    }

    private init(files: [ManifestFile], warnings: [String]) {
        self.files = files
        self.warnings = warnings
        sampleCount = files.reduce(0) { $0 + $1.index.count }
        byteCount = files.reduce(0) { $0 &+ $1.file.byteCount }
        var damage = DamageReport()
        var fingerprint = Fingerprint()
        for file in files {
            damage.add(file.index.damage)
            fingerprint.combine(FileSystem.split(file.file.path).name)
            fingerprint.combine(file.file.byteCount)
            file.index.addFingerprint(to: &fingerprint)
        }
        self.damage = damage
        self.fingerprint = fingerprint.hex
    }

    /// The file and the entry of record `ordinal`, 0 ..< `sampleCount`.
    ///
    /// - Complexity: logarithmic in the number of files.
    package func locate(_ ordinal: Int) -> (fileIndex: Int, entry: RecordEntry) {
        precondition(ordinal >= 0 && ordinal < sampleCount, "no record \(ordinal) in a manifest of \(sampleCount)")
        // The last file that begins at or before the ordinal. Files without records begin where the next one does, so
        // that the last of equals is the one with the record.
        var low = 0
        var high = files.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if files[middle].firstOrdinal <= ordinal { low = middle } else { high = middle }
        }
        return (low, files[low].index[ordinal - files[low].firstOrdinal])
    }

    /// Reads record `ordinal`. Safe from any thread, each with its own buffer.
    ///
    /// - Throws: `.damaged`, `.fileChanged` or `.system`, with the file and the offset.
    package func readRecord(_ ordinal: Int, into buffer: inout RecordBuffer) throws(RecordError) {
        let (fileIndex, entry) = locate(ordinal)
        try files[fileIndex].file.readRecord(entry, into: &buffer)
    }
}

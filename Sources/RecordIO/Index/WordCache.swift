import DataTypes
import Glibc

/// Keeps what was found out about a data file in a directory, as words that only the caller understands.
///
/// One cache file per data file and purpose, named by a hash of the data file's real path. It is good for exactly the data
/// file it was made from: same path, size, modification time and inode; and for the same key. Anything else, damage
/// included, counts as not there. A row of 64-bit words in the machine's byte order:
///
///     format | size | mtime ns | inode | path hash, 2 words | key | words ... | checksum, 2 words
package struct WordCache: Sendable {
    private static let headerWords = 7

    private let directory: String
    /// Changes with the meaning of the words.
    private let format: UInt64
    /// What cache files of this purpose end with, such as `.rows`.
    private let suffix: String

    /// - Parameter directory: need not exist yet.
    package init(directory: String, format: UInt64, suffix: String) {
        self.directory = directory
        self.format = format
        self.suffix = suffix
    }

    /// The words stored for `file`, or nil when there are none that can be used.
    ///
    /// - Parameter key: what the words depend on besides the file.
    package func load(for file: RecordFile, key: UInt64) -> [UInt64]? {
        guard let path = path(of: file) else { return nil }
        // Whatever fails here, the data can be gone through again.
        guard let words = try? WordFile.read(path.cache), words.count >= Self.headerWords + 2 else { return nil }
        let end = words.count - 2
        guard words[..<Self.headerWords] == header(file, path.hash, key)[...],
            WordFile.checksum(of: words, count: end) == Array(words[end...])
        else { return nil }
        return Array(words[Self.headerWords..<end])
    }

    /// Stores `words` for `file`. Failure costs time at the next start and is no failure.
    package func store(_ words: [UInt64], for file: RecordFile, key: UInt64) {
        guard let path = path(of: file) else { return }
        // The path is a C string for the length of the call. Other users have no business with what data we serve.
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { return }
        var all = header(file, path.hash, key) + words
        all += WordFile.checksum(of: all, count: all.count)
        guard let output = try? AtomicOutputFile(path: path.cache) else { return }
        // A UInt64 has no padding that could be read uninitialised.
        guard (try? output.write(unsafe all.span.bytes)) != nil, (try? output.synchronise()) != nil else { return }
        try? output.commit()
    }

    private func header(_ file: RecordFile, _ hash: Fingerprint, _ key: UInt64) -> [UInt64] {
        [
            format, file.byteCount, UInt64(bitPattern: file.modificationNanoseconds), file.inode, hash.words[0],
            hash.words[1], key,
        ]
    }

    /// Where words about `file` are kept; nil when the open file is not, or no longer, what lies at its path: a packed file
    /// is read from a temporary copy.
    private func path(of file: RecordFile) -> (cache: String, hash: Fingerprint)? {
        var status = stat()
        // `status` is ours and lives through the call.
        guard unsafe stat(file.path, &status) == 0, UInt64(status.st_ino) == file.inode,
            UInt64(clamping: status.st_size) == file.byteCount,
            let realPath = FileSystem.realPath(of: file.path)
        else { return nil }
        var hash = Fingerprint()
        hash.combine(realPath)
        return (FileSystem.join(directory, hash.hex + suffix), hash)
    }
}

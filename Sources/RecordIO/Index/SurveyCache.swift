import DataTypes
import Glibc

/// Keeps results of surveys in a directory, so that the labels of a data set are gone through once.
///
/// One file per data set and kind of survey, named by a hash of the files' real paths: the last survey replaces the one
/// before. It is good for exactly the key it was made with. Anything else, damage included, counts as not there. A row of
/// 64-bit words in the machine's byte order:
///
///     format | key, 2 words | result | checksum, 2 words
struct SurveyCache {
    enum Kind {
        case labels, objects

        /// Letters and the version, which changes with the format or with which records count.
        var format: UInt64 {
            switch self {
            case .labels: 0x4852_4C41_4245_4C01
            case .objects: 0x4852_4F42_4A45_4301
            }
        }

        var fileSuffix: String { self == .labels ? ".labels" : ".objects" }
        /// Words of a result.
        var wordCount: Int { self == .labels ? 2 : 3 }
    }

    let directory: String
    let kind: Kind

    func load(_ key: Fingerprint, of manifest: Manifest) -> [UInt64]? {
        var buffer = RecordBuffer()
        let count = 5 + kind.wordCount
        guard let path = path(of: manifest), let file = try? RecordFile(path: path, suggestsNames: false),
            file.byteCount == UInt64(8 * count)
        else { return nil }
        buffer.reserve(8 * count)
        // Whatever fails here, the data can be surveyed again.
        guard (try? file.read(at: 0, to: 0..<8 * count, of: &buffer)) != nil else { return nil }
        let bytes = buffer.loaded(0..<8 * count)
        let words = (0..<count).map { bytes.uint64(at: 8 * $0) }
        let result = Array(words[3..<3 + kind.wordCount])
        return words == self.words(result, key) ? result : nil
    }

    /// Failure costs time at the next start and is no failure.
    func store(_ result: [UInt64], _ key: Fingerprint, of manifest: Manifest) {
        precondition(result.count == kind.wordCount)
        guard let path = path(of: manifest) else { return }
        // The path is a C string for the length of the call. Other users have no business with what data we serve.
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { return }
        guard let output = try? AtomicOutputFile(path: path) else { return }
        let words = words(result, key)
        // A UInt64 has no padding that could be read uninitialised.
        guard (try? output.write(unsafe words.span.bytes)) != nil, (try? output.synchronise()) != nil else { return }
        try? output.commit()
    }

    private func path(of manifest: Manifest) -> String? {
        var name = Fingerprint()
        for file in manifest.files {
            guard let realPath = FileSystem.realPath(of: file.file.path) else { return nil }
            name.combine(realPath)
        }
        return FileSystem.join(directory, name.hex + kind.fileSuffix)
    }

    private func words(_ result: [UInt64], _ key: Fingerprint) -> [UInt64] {
        var words = [kind.format, key.words[0], key.words[1]] + result
        var sum = Fingerprint()
        for word in words { sum.combine(word) }
        words += [sum.words[0], sum.words[1]]
        return words
    }
}

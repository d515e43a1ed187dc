import DataTypes
import Glibc

/// Keeps results of label surveys in a directory, so that the headers of a data set are gone through once.
///
/// One file per data set, named by a hash of its files' real paths: the last survey replaces the one before. It is good
/// for exactly the key it was made with. Anything else, damage included, counts as not there. A row of 64-bit words in the
/// machine's byte order:
///
///     format | key, 2 words | widest label count | widest ordinal | checksum, 2 words
struct LabelSurveyCache {
    /// "HRLABEL" and the version, which changes with the format or with which records count.
    private static let format: UInt64 = 0x4852_4C41_4245_4C01
    private static let byteCount = 56

    let directory: String

    func load(_ key: Fingerprint, of manifest: Manifest) -> LabelSurvey? {
        var buffer = RecordBuffer()
        guard let path = path(of: manifest), let file = try? RecordFile(path: path),
            file.byteCount == UInt64(Self.byteCount)
        else { return nil }
        buffer.reserve(Self.byteCount)
        // Whatever fails here, the data can be surveyed again.
        guard (try? file.read(at: 0, to: 0..<Self.byteCount, of: &buffer)) != nil else { return nil }
        let bytes = buffer.loaded(0..<Self.byteCount)
        let words = (0..<7).map { bytes.uint64(at: 8 * $0) }
        guard let count = Int(exactly: words[3]), let ordinal = Int(exactly: words[4]) else { return nil }
        let survey = LabelSurvey(widestLabelCount: count, widestOrdinal: ordinal)
        return words == Self.words(survey, key) ? survey : nil
    }

    /// Failure costs time at the next start and is no failure.
    func store(_ survey: LabelSurvey, _ key: Fingerprint, of manifest: Manifest) {
        guard let path = path(of: manifest) else { return }
        // The path is a C string for the length of the call. Other users have no business with what data we serve.
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { return }
        guard let output = try? AtomicOutputFile(path: path) else { return }
        let words = Self.words(survey, key)
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
        return FileSystem.join(directory, name.hex + ".labels")
    }

    private static func words(_ survey: LabelSurvey, _ key: Fingerprint) -> [UInt64] {
        var words = [
            format, key.words[0], key.words[1], UInt64(survey.widestLabelCount), UInt64(survey.widestOrdinal),
        ]
        var sum = Fingerprint()
        for word in words { sum.combine(word) }
        words += [sum.words[0], sum.words[1]]
        return words
    }
}

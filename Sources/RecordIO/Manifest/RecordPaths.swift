import DataTypes

/// The data files that a parameter such as `path_imgrec` names.
///
/// The text is a list separated by `;`. Each entry is a file; a directory, of which all `*.rec` files (or what suffix is
/// asked for) are taken, sorted by name, without going deeper; a file name pattern (`part-*.rec`); or, for the sake of paths written for MXNet, a
/// regular expression as the last component (`part.*rec`), tried when the entry is none of the others. What an
/// expression or a pattern matches is sorted by name. Unlike MXNet, a missing file is an error even when others of the
/// list exist.
package struct RecordPaths: Sendable {
    /// In the order of the list, none of them empty.
    package private(set) var paths: [String] = []
    /// What the user should know: files of length zero.
    package private(set) var warnings: [String] = []

    /// - Parameter suffix: how the names of a directory's data files end; empty: all files that are not hidden.
    /// - Throws: `.schemeRefused`, `.missingFile`, `.nothingMatched`, `.badPattern`, `.noData`, `.system`.
    package init(expanding list: String, suffix: String = ".rec") throws(RecordError) {
        for entry in list.split(separator: ";") {
            for path in try Self.expand(String(entry), suffix) { try add(path) }
        }
        guard !paths.isEmpty else { throw .noData(paths: list) }
    }

    private mutating func add(_ path: String) throws(RecordError) {
        switch try FileSystem.kind(of: path) {
        case .file(0): warnings.append("'\(path)' is empty and was left out")
        case .file: paths.append(path)
        case .directory, .other: throw .notARegularFile(path: path)
        case .missing: throw .missingFile(path: path, suggestion: Self.suggestion(for: path))
        }
    }

    /// The nearest name to that of a missing file, in its directory.
    static func suggestion(for path: String) -> String? {
        let (directory, name) = FileSystem.split(path)
        guard let names = try? FileSystem.names(in: directory) else { return nil }
        return nearestName(to: name, among: names).map { FileSystem.join(directory, $0) }
    }

    private static func expand(_ entry: String, _ suffix: String) throws(RecordError) -> [String] {
        if let scheme = scheme(of: entry) { throw .schemeRefused(path: entry, scheme: scheme) }
        switch try FileSystem.kind(of: entry) {
        case .file, .other: return [entry]
        case .directory: return try dataFiles(in: entry, suffix)
        case .missing: break
        }
        let (directory, pattern) = FileSystem.split(entry)
        let isGlob = GlobPattern.isPattern(pattern)
        let isExpression = pattern.utf8.contains { "*?[](){}|+^$\\".utf8.contains($0) }
        guard isGlob || isExpression, case .directory = try FileSystem.kind(of: directory) else { return [entry] }
        let names = try FileSystem.names(in: directory)
        var matching: [String] = []
        if isGlob {
            let glob = GlobPattern(pattern)
            matching = names.filter(glob.matches)
        }
        if matching.isEmpty { matching = try self.matching(pattern, names) }
        let files = try regularFiles(matching, in: directory)
        guard !files.isEmpty else {
            throw .nothingMatched(pattern: entry, directory: directory, found: abridged(names))
        }
        return files
    }

    private static func dataFiles(in directory: String, _ suffix: String) throws(RecordError) -> [String] {
        let names = try FileSystem.names(in: directory)
        let matching = names.filter { (suffix.isEmpty || $0.hasSuffix(suffix)) && !$0.hasPrefix(".") }
        let files = try regularFiles(matching, in: directory)
        guard !files.isEmpty else {
            throw .nothingMatched(
                pattern: FileSystem.join(directory, "*" + suffix), directory: directory, found: abridged(names))
        }
        return files
    }

    private static func regularFiles(_ names: [String], in directory: String) throws(RecordError) -> [String] {
        var files: [String] = []
        for name in names {
            let path = FileSystem.join(directory, name)
            if case .file = try FileSystem.kind(of: path) { files.append(path) }
        }
        return files
    }

    private static func matching(_ pattern: String, _ names: [String]) throws(RecordError) -> [String] {
        let expression = try NameExpression(pattern)
        return names.filter(expression.matches)
    }

    /// A few names for a message.
    private static func abridged(_ names: [String]) -> [String] {
        names.count > 5 ? names.prefix(5) + ["and \(names.count - 5) more"] : names
    }

    /// `s3` of `s3://bucket/key`.
    private static func scheme(of entry: String) -> String? {
        guard let colon = entry.firstIndex(of: ":"), entry[colon...].hasPrefix("://") else { return nil }
        let scheme = entry[..<colon]
        guard !scheme.isEmpty, scheme.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "+" || $0 == "-" }) else {
            return nil
        }
        return scheme.lowercased()
    }
}

/// Why data files cannot be opened, read or written. The description names what, where and what to do.
package enum RecordError: Error, Sendable, Equatable {
    /// A system call failed; `code` is errno.
    case system(operation: String, path: String, code: Int32)
    case missingFile(path: String, suggestion: String?)
    case notARegularFile(path: String)
    /// A file that is to be read whole.
    case tooLargeFile(path: String, byteCount: UInt64, limitBytes: Int)
    /// The file is not the one that was opened: it was truncated, replaced in place or written to.
    case fileChanged(file: String, offset: UInt64)
    /// Bytes that are not a record. `offset` is where the fault was found, which may be behind the record's start.
    case damaged(RecordFault, file: String, offset: UInt64)
    /// A packed file that cannot be unpacked; `offset` is how far it was read.
    case badPacking(file: String, offset: UInt64, reason: String)
    /// A record to be written has 2²⁹ bytes or more, which the format cannot hold.
    case payloadTooLarge(byteCount: Int, file: String)

    case schemeRefused(path: String, scheme: String)
    /// A directory, glob or expression that names no file; `found` lists what is there instead.
    case nothingMatched(pattern: String, directory: String, found: [String])
    case badPattern(pattern: String, reason: String)
    /// The list of paths names no file with any record in it.
    case noData(paths: String)

    /// A line of an .idx or .lst file that cannot be used. Lines count from 1.
    case badLine(file: String, line: Int, reason: String)
    /// An .idx file that does not fit its data file.
    case badIndex(file: String, dataFile: String, reason: String)
    /// Not as many .idx files as data files.
    case indexCountMismatch(indexCount: Int, fileCount: Int)
    /// The caller's progress callback asked to stop.
    case cancelled(file: String)
}

extension RecordError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "cannot \(operation) '\(path)': \(FileSystem.errorText(code))"
        case .missingFile(let path, let suggestion?):
            "'\(path)' does not exist; did you mean '\(suggestion)'?"
        case .missingFile(let path, nil):
            "'\(path)' does not exist"
        case .notARegularFile(let path):
            "'\(path)' is not a regular file"
        case .tooLargeFile(let path, let byteCount, let limitBytes):
            "'\(path)' has \(byteCount) bytes; limits.max_record is \(limitBytes)"
        case .fileChanged(let file, let offset):
            "'\(file)' was changed while it was open (noticed at offset \(offset)); open the dataset again"
        case .damaged(let fault, let file, let offset):
            "'\(file)' at offset \(offset): \(fault)"
        case .badPacking(let file, let offset, let reason):
            "'\(file)' cannot be unpacked, after byte \(offset): \(reason)"
        case .payloadTooLarge(let byteCount, let file):
            "a record of \(byteCount) bytes cannot be written to '\(file)': the format's limit is 536870911"
        case .schemeRefused(let path, "file"):
            "'\(path)': give the plain path, without 'file://'"
        case .schemeRefused(let path, let scheme):
            "'\(path)': only local files can be read, not '\(scheme)://'; copy or mount the data first"
        case .nothingMatched(let pattern, let directory, let found) where found.isEmpty:
            "'\(pattern)' matches nothing: '\(directory)' has no data files"
        case .nothingMatched(let pattern, let directory, let found):
            "'\(pattern)' matches nothing; '\(directory)' holds \(found.joined(separator: ", "))"
        case .badPattern(let pattern, let reason):
            "'\(pattern)' cannot be used as a pattern: \(reason)"
        case .noData(let paths):
            "'\(paths)' names no file with records in it"
        case .badLine(let file, let line, let reason):
            "'\(file)' line \(line): \(reason)"
        case .badIndex(let file, let dataFile, let reason):
            "'\(file)' does not fit '\(dataFile)': \(reason); make it again or leave it out"
        case .indexCountMismatch(let indexCount, let fileCount):
            "\(indexCount) .idx files were given for \(fileCount) data files; give one for each, in the same order, "
                + "or none"
        case .cancelled(let file):
            "the scan of '\(file)' was cancelled"
        }
    }
}

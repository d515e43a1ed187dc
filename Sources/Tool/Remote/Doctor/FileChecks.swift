import DataTypes
import Foundation
import Iterators

/// What the doctor finds in the files of data sets.
struct FileChecks {
    /// Slower than this keeps a core that decodes photographs waiting.
    static let slowBytesPerSecond = 100e6
    private static let measuredBytes = 64 << 20

    struct Dataset {
        var name: String
        var iterator: String
        /// Values as text.
        var parameters: [String: String]
    }

    /// - Parameter readsAsDaemon: this process may read what the daemon may read, so that what it cannot is wrong.
    static func findings(_ datasets: [Dataset], readsAsDaemon: Bool) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        var records: [String] = []
        for dataset in datasets {
            guard let kind = IteratorCatalog.all.first(where: { $0.name == dataset.iterator }) else { continue }
            for parameter in kind.pathParameters {
                guard let value = dataset.parameters[parameter], IteratorKind.namesFile(value) else { continue }
                let isList = kind.pathListParameters.contains(parameter)
                for path in isList ? value.split(separator: ";").map(String.init) : [value]
                where !path.contains("*") {
                    if let finding = readable(path, "\(dataset.name): \(parameter)", readsAsDaemon) {
                        findings.append(finding)
                    } else if path.hasSuffix(".rec") {
                        records.append(path)
                        findings += [index(of: path, named: dataset.parameters["path_imgidx"])].compactMap { $0 }
                    }
                }
            }
        }
        if findings.isEmpty, !datasets.isEmpty {
            findings.append(.ok("files", "the files of \(datasets.count) data sets can be read, no index is stale"))
        }
        if let first = records.first { findings += [speed(first)].compactMap { $0 } }
        return findings
    }

    /// nil: it can be read.
    private static func readable(_ path: String, _ place: String, _ readsAsDaemon: Bool) -> DoctorFinding? {
        // The path is a string of the C library for the call; so below.
        if unsafe access(path, R_OK) == 0 { return nil }
        if unsafe access(path, F_OK) != 0, errno == ENOENT {
            return .problem("files", "\(place): there is no '\(path)'", mend: "correct the path, or put the file there")
        }
        let text = "\(place): '\(path)' cannot be read by this user"
        return readsAsDaemon
            ? .problem("files", text, mend: "let the daemon's user read it: setfacl -m u:headrace:r '\(path)'")
            : .warning(
                "files", text, mend: "run the doctor as the daemon's user, to know: sudo -u headrace headrace doctor")
    }

    /// An index that is older than its records may not be of them.
    static func index(of path: String, named: String?) -> DoctorFinding? {
        let index =
            named.flatMap { IteratorKind.namesFile($0) && !$0.contains(";") ? $0 : nil } ?? path.dropLast(4) + ".idx"
        guard let records = modified(path), let entries = modified(index), entries < records else { return nil }
        return .warning(
            "index", "'\(index)' is older than '\(path)'", mend: "make it anew: headrace rec index '\(path)'")
    }

    private static func modified(_ path: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }

    /// Reads the beginning of a file from the disk, in order.
    private static func speed(_ path: String) -> DoctorFinding? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // What is in memory already says nothing about the disk; dirty pages stay, and count as fast.
        posix_fadvise(descriptor, 0, off_t(measuredBytes), POSIX_FADV_DONTNEED)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total = 0
        let start = monotonicNanoseconds()
        while total < measuredBytes {
            // The array has `count` bytes.
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            total += count
        }
        // Too little to tell.
        guard total >= 8 << 20 else { return nil }
        let rate = Double(total) / (Double(monotonicNanoseconds() - start) / 1e9)
        let text = "'\(path)': \(Int(rate / 1e6)) MB/s over its first \(total >> 20) MiB"
        return rate >= slowBytesPerSecond
            ? .ok("disk", text)
            : .warning("disk", text, mend: "put the data on a faster disk, or keep it decoded: 'cache' of the data set")
    }
}

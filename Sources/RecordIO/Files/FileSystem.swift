import CLinux
import Glibc

/// The few questions about paths that this target asks the system.
enum FileSystem {
    enum Kind { case file(byteCount: UInt64), directory, other, missing }

    /// What `path` is, symbolic links followed.
    static func kind(of path: String) throws(RecordError) -> Kind {
        var status = stat()
        // `status` is ours and lives through the call.
        guard unsafe stat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { return .missing }
            throw .system(operation: "look at", path: path, code: code)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(byteCount: UInt64(clamping: status.st_size))
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// The names in a directory, sorted by their bytes, without `.` and `..`.
    static func names(in directory: String) throws(RecordError) -> [String] {
        // The stream is checked for nil and closed on every way out.
        guard let stream = unsafe openDirectory(directory) else {
            throw .system(operation: "list", path: directory, code: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            // The entry is the stream's and valid until the next readdir; the name is copied before that.
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw .system(operation: "list", path: directory, code: errno) }
                break
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// By the `LinkRule`: a message may say what is in a folder, which must then be the one that was checked.
    private static func openDirectory(_ path: String) -> OpaquePointer? {
        // The path is a C string for the length of either call.
        if LinkRule.followsLinks { return unsafe opendir(path) }
        let descriptor = unsafe clinux_open_without_links(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            errno = -descriptor
            return nil
        }
        // The stream takes the descriptor over, or there is none.
        guard let stream = unsafe fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            errno = code
            return nil
        }
        return unsafe stream
    }

    /// The path with symbolic links and dots resolved, or nil when it does not exist.
    static func realPath(of path: String) -> String? {
        // realpath's result is a C string of its own allocation, copied and freed here.
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// `directory` and `name` of a path; the directory of a bare name is `.`.
    static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        return (directory, String(path[path.index(after: slash)...]))
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory == "." ? name : directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// The system's words for an errno value.
    static func errorText(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // strerror_r is given the buffer's length and writes a C string, cut to fit.
        _ = unsafe strerror_r(code, &buffer, buffer.count - 1)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let hint = code == EMFILE || code == ENFILE ? "; raise the limit of open files" : ""
        return text + hint
    }
}

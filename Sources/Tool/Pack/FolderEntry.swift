import Foundation

/// What a walk through folders asks the system.
enum FolderEntry {
    /// Tells folders apart whatever path led to them.
    struct Identity: Hashable {
        var device: UInt
        var inode: UInt
    }

    enum Kind { case file, folder(Identity) }

    /// Links followed; nil for anything that is neither or cannot be looked at.
    static func kind(of path: String) -> Kind? {
        var status = stat()
        // `status` is ours and lives through the call.
        guard unsafe stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder(Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino)))
        default: return nil
        }
    }

    /// The names in a folder, sorted by their code points, and those that cannot stand in a list: not UTF-8, or with a tab
    /// or a line end.
    static func names(in folder: String) throws -> (usable: [String], others: [String]) {
        // The stream is checked for nil and closed on every way out.
        guard let stream = unsafe opendir(folder) else {
            throw ToolError("cannot list '\(folder)': \(systemText(errno))")
        }
        defer { unsafe closedir(stream) }
        var usable: [String] = []
        var others: [String] = []
        while true {
            errno = 0
            // The entry is the stream's and valid until the next readdir; the name is copied before that.
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw ToolError("cannot list '\(folder)': \(systemText(errno))") }
                break
            }
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                unsafe Array(name.prefix { $0 != 0 })
            }
            let isOneColumn = !bytes.contains { [9, 10, 13].contains($0) }
            if isOneColumn, let name = String(validating: bytes, as: UTF8.self) {
                if name != ".", name != ".." { usable.append(name) }
            } else {
                others.append(String(decoding: bytes, as: UTF8.self))
            }
        }
        return (usable.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, others)
    }
}

/// The system's words for an errno value.
func systemText(_ code: Int32) -> String {
    // strerror returns a terminated string for every code, copied at once.
    unsafe String(cString: strerror(code))
}

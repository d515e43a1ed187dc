package import DataTypes
internal import Glibc

/// Decides which files a client may name, by a rule of the configuration.
///
/// What is checked is what is opened: the path that `resolve` returns has no symbolic link in it, and it is opened
/// without following any (`LinkRule`), so a link cannot lead out of a root, also when it is put there behind the check.
package struct PathGuard: Sendable {
    private let rule: DaemonConfiguration.PathRule

    package init(rule: DaemonConfiguration.PathRule) { self.rule = rule }

    /// The path to open for `path`.
    ///
    /// - Parameter parameter: the parameter's name, for messages.
    /// - Throws: `.badParameter` for a relative path, `.notFound`, `.forbiddenPath`.
    package func resolve(_ path: String, parameter: String) throws(StreamError) -> String {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw StreamError(
                .badParameter, "'\(parameter)' is '\(path.prefix(200))'; it must be an absolute path",
                hint: "the daemon does not know the client's folder")
        }
        guard case .beneath(let roots) = rule else { return path }
        guard let real = Self.realPath(path) else {
            // Outside the roots nothing is said about what exists there.
            let isInside = roots.contains { Self.isBeneath(path, $0) } && !path.split(separator: "/").contains("..")
            throw isInside
                ? StreamError(.notFound, "'\(parameter)': there is no file '\(path)', or the daemon may not see it")
                : forbidden(path, parameter, roots)
        }
        guard roots.contains(where: { root in Self.realPath(root).map { Self.isBeneath(real, $0) } ?? false }) else {
            throw forbidden(path, parameter, roots)
        }
        return real
    }

    /// The same for an entry of a list, which may be a pattern: when nothing of that name exists, its folder is resolved and
    /// the name stays as it is, for the iterator to expand or to miss. What it expands to must be resolved again.
    package func resolveEntry(_ entry: String, parameter: String) throws(StreamError) -> String {
        do throws(StreamError) {
            return try resolve(entry, parameter: parameter)
        } catch {
            guard error.code == .notFound, let slash = entry.lastIndex(of: "/") else { throw error }
            let folder = try resolve(String(entry[..<slash]), parameter: parameter)
            return folder + entry[slash...]
        }
    }

    private func forbidden(_ path: String, _ parameter: String, _ roots: [String]) -> StreamError {
        StreamError(
            .forbiddenPath, "'\(parameter)': '\(path)' lies outside the folders that clients may name files in",
            hint: roots.isEmpty
                ? "open a data set of the configuration by name, or have 'roots' set there"
                : "those are \(roots.joined(separator: ", "))")
    }

    /// Whether `path` is `root` or lies in it: `/data2` does not lie in `/data`.
    private static func isBeneath(_ path: String, _ root: String) -> Bool {
        var root = Substring(root)
        while root.hasSuffix("/") { root.removeLast() }
        return path == root || path.hasPrefix(root + "/")
    }

    /// `path` without symbolic links, `.` and `..`; nil when it does not exist or cannot be looked at.
    private static func realPath(_ path: String) -> String? {
        // The C function gets a NUL-terminated copy, and what it returns is ours to free.
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

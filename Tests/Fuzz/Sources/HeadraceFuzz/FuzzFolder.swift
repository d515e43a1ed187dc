import Glibc

/// The folder that the environment names: `data` in it has small files of every format; targets write beside it.
enum FuzzFolder {
    static let path = getenv("HEADRACE_FUZZ_FOLDER").map { String(cString: $0) } ?? "/dev/shm"
    static let data = path + "/data"

    /// Writes a file anew.
    ///
    /// - Returns: its path.
    static func write(_ bytes: some Sequence<UInt8>, to name: String) -> String {
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let bytes = Array(bytes)
        guard descriptor >= 0,
            bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
        else { fatalError("\(file) cannot be written; set HEADRACE_FUZZ_FOLDER") }
        close(descriptor)
        return file
    }
}

internal import Glibc

/// The file of a Unix socket that this process bound: remembered by device and inode, so that the file of a server
/// that has taken the path since is never removed.
struct SocketFile: Sendable, Hashable {
    let path: String
    private let device: UInt
    private let inode: UInt

    /// nil when nothing is at the path.
    init?(path: String) {
        var status = stat()
        // The variable outlives the call.
        guard unsafe lstat(path, &status) == 0 else { return nil }
        self.path = path
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }

    /// Removes the file if it is still the one that was bound.
    func remove() {
        guard SocketFile(path: path) == self else { return }
        // The path is only read.
        unsafe unlink(path)
    }

    /// Makes way for a new socket at `path`: removes what a server left behind that did not end in order.
    ///
    /// - Throws: `.runningServer` when somebody answers there, `.notASocket` when it is something else.
    static func removeStale(_ path: String) throws(ListenError) {
        var status = stat()
        // The variable outlives the call.
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .systemCall("socket", .unix(path: path), errorNumber: errno) }
        defer { Glibc.close(descriptor) }
        // The address lives until the call returns; the path is only read.
        let result = unsafe withAddress(path) { unsafe connect(descriptor, $0, $1) }
        // Only a refusal says that nobody listens. A full queue (EAGAIN) or a lack of permission says the opposite.
        guard result != 0, errno == ECONNREFUSED else {
            if result != 0, errno == ENOENT { return }
            throw .runningServer(path: path)
        }
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .noPermission(.unix(path: path)) }
    }

    /// Calls `body` with the socket address of `path`, which `Endpoint` has measured.
    static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8.prefix(Endpoint.maxPathBytes))
        // At most 107 bytes go into the 108 of `sun_path`, whose rest is zero.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, byteCount) }
        }
    }

    /// The path that a bound Unix socket has, or nil.
    static func path(of descriptor: CInt) -> String? {
        var address = sockaddr_un()
        var byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            // The size given is the variable's.
            unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &byteCount)
        }
        guard status == 0, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
        let bytes = unsafe withUnsafeBytes(of: &address.sun_path) { unsafe Array($0.prefix { $0 != 0 }) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

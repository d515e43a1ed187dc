internal import Glibc

/// Whose group the file of a listening socket has, which is who may administer through a socket of systemd's.
package enum SocketGroup {
    /// nil when it is not a Unix socket, has no file, or the file is gone.
    package static func groupID(of descriptor: CInt) -> UInt32? {
        guard let path = SocketFile.path(of: descriptor) else { return nil }
        var status = stat()
        // The variable outlives the call; the path is only read.
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return status.st_gid
    }
}

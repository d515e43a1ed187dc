internal import Admin
internal import Glibc

extension AdminPolicy {
    /// - Parameter fileGroupID: of a socket that systemd made: its members administer when no other group is named. Such a
    ///   file may let everybody in, so that readers and administrators can connect.
    /// - Throws: `.configuration` when there is no such group. Another than the one that was meant must not come into its
    ///   rights, so nothing is started.
    init(_ groups: DaemonConfiguration.AdminGroups, fileGroupID: UInt32? = nil) throws(DaemonFailure) {
        self.init(
            administrators: try Self.groupID(groups.administrators, "admin.group") ?? fileGroupID,
            readers: try Self.groupID(groups.readers, "admin.readers"), ownUserID: geteuid())
    }

    private static func groupID(_ name: String?, _ key: String) throws(DaemonFailure) -> UInt32? {
        guard let name else { return nil }
        // The record is read before anything else of this thread could ask for a group; others do not ask.
        guard let record = unsafe getgrnam(name) else {
            throw DaemonFailure(
                .configuration, "there is no group '\(name)', which '\(key)' names; make it, or name another")
        }
        return unsafe record.pointee.gr_gid
    }
}

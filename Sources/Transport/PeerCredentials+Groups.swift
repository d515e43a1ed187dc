internal import Glibc
package import NIOCore

extension PeerCredentials {
    /// Who connected, and every group that the process had then (SO_PEERGROUPS). On the channel's event loop.
    ///
    /// - Returns: nil when it is not a Unix socket, or closed.
    package static func withGroups(of channel: any Channel) -> (peer: PeerCredentials, groupIDs: [UInt32])? {
        let found = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { descriptor -> (PeerCredentials, [UInt32])? in
            guard let peer = credentials(descriptor), let groups = groups(descriptor) else { return nil }
            return (peer, groups)
        }
        return found ?? nil
    }

    private static func credentials(_ descriptor: CInt) -> PeerCredentials? {
        var record = Record(processID: 0, userID: .max, groupID: .max)
        var length = socklen_t(MemoryLayout<Record>.size)
        // `length` is the record's size.
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &record, &length) == 0,
            // What a TCP socket answers.
            record.userID != .max
        else { return nil }
        return PeerCredentials(processID: record.processID, userID: record.userID, groupID: record.groupID)
    }

    private static func groups(_ descriptor: CInt) -> [UInt32]? {
        let width = MemoryLayout<gid_t>.size
        var groups = [gid_t](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * width)
            // The array has `length` bytes.
            let status = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &length)
            if status == 0 { return Array(groups.prefix(Int(length) / width)) }
            // Too small: `length` is what it takes; the kernel knows no more than 65,536.
            guard errno == ERANGE, Int(length) > groups.count * width, groups.count < 65_536 else { return nil }
            groups = [gid_t](repeating: 0, count: Int(length) / width)
        }
    }
}

internal import Transport

/// Who may do what over the admin socket, by the groups of the process at the other end, as the kernel tells them.
package struct AdminPolicy: Sendable, Hashable {
    /// Group id of those who may read and act.
    package var administrators: UInt32?
    /// Group id of those who may only read.
    package var readers: UInt32?
    /// The daemon's own user, who may do everything, as may root.
    package var ownUserID: UInt32

    package init(administrators: UInt32?, readers: UInt32?, ownUserID: UInt32) {
        self.administrators = administrators
        self.readers = readers
        self.ownUserID = ownUserID
    }

    /// - Parameter peer: nil when the kernel does not tell.
    func access(_ peer: (peer: PeerCredentials, groupIDs: [UInt32])?) -> AdminAccess {
        // Nothing is asked for, so the socket file's permissions decide, and they have let the peer in.
        if administrators == nil, readers == nil { return .act }
        guard let (peer, others) = peer else { return .none }
        if peer.userID == 0 || peer.userID == ownUserID { return .act }
        let groups = others + [peer.groupID]
        if let administrators, groups.contains(administrators) { return .act }
        if let readers, groups.contains(readers) { return .read }
        return .none
    }
}

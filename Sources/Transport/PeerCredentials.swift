internal import Glibc
package import NIOCore

/// Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED).
package struct PeerCredentials: Sendable, Hashable {
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32

    package init(processID: Int32, userID: UInt32, groupID: UInt32) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
    }

    /// The kernel's `struct ucred`.
    struct Record {
        var processID: pid_t
        var userID: uid_t
        var groupID: gid_t
    }

    /// The credentials of an accepted connection; nil when it is not a Unix socket. Answered at once on its event loop.
    package static func read(from channel: any Channel) -> EventLoopFuture<PeerCredentials?> {
        guard let provider = channel as? any SocketOptionProvider,
            case .unixDomainSocket? = channel.localAddress ?? channel.remoteAddress
        else { return channel.eventLoop.makeSucceededFuture(nil) }
        // SO_PEERCRED fills exactly such a record.
        let record: EventLoopFuture<Record> = provider.unsafeGetSocketOption(
            level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
        return record.map { record in
            PeerCredentials(processID: record.processID, userID: record.userID, groupID: record.groupID)
        }.flatMapErrorThrowing { _ in nil }
    }
}

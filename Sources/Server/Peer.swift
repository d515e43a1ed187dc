import NIOCore
import Transport

/// Who is at the other end of a connection, as far as the kernel tells.
struct Peer {
    /// `unix` or `10.0.0.7:51234`.
    let name: String
    let source: ClientSource
    let processID: Int32?
    let userID: UInt32?

    /// What every peer on a Unix socket is called.
    static let unixName = "unix"

    /// nil when neither is known: the peer has reset its connection already. It must not count as one of a Unix socket, who
    /// needs no token.
    ///
    /// - Parameters:
    ///   - address: the connection's remote address; without an IP address it is a Unix socket's.
    ///   - credentials: those of a Unix socket's peer.
    init?(address: SocketAddress?, credentials: PeerCredentials?) {
        if address == nil, credentials == nil { return nil }
        processID = credentials?.processID
        userID = credentials?.userID
        if let address, let host = address.ipAddress, let port = address.port {
            name = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            source = .host(host)
        } else {
            name = Self.unixName
            source = userID.map(ClientSource.user) ?? .unknown
        }
    }
}

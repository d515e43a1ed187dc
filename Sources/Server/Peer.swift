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
            source = .host(Self.place(of: address) ?? host)
        } else {
            name = Self.unixName
            source = userID.map(ClientSource.user) ?? .unknown
        }
    }

    /// The network of an IPv6 address, since a host there has 2⁶⁴ addresses to come from and would share no limit with itself.
    ///
    /// - Returns: nil for IPv4, also where it is written as IPv6, and for this machine's own `::1`.
    private static func place(of address: SocketAddress) -> String? {
        guard case .v6(let v6) = address else { return nil }
        // The bytes are copied out of a value.
        let bytes = unsafe withUnsafeBytes(of: v6.address.sin6_addr) { unsafe Array($0.prefix(8)) }
        guard bytes.contains(where: { $0 != 0 }) else { return nil }
        let groups = stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
        return groups.joined(separator: ":") + "::/64"
    }
}

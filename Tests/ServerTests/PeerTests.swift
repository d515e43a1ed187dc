import NIOCore
import Testing
import Transport

@testable import Server

@Suite("Who shares a limit") struct PeerTests {
    @Test(
        "an IPv4 address is one client, of IPv6 the network is",
        arguments: [
            ("10.0.0.7", "10.0.0.7"), ("::1", "::1"), ("::ffff:10.0.0.7", "::ffff:10.0.0.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"), ("2001:db8:1:2:ffff::7", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ])
    func source(address: String, place: String) throws {
        let peer = Peer(address: try SocketAddress(ipAddress: address, port: 5), credentials: nil)
        #expect(peer?.source == .host(place))
    }

    @Test("who is gone already is nobody, and not a client of the Unix socket")
    func gone() {
        #expect(Peer(address: nil, credentials: nil)?.name == nil)
        let local = Peer(address: nil, credentials: PeerCredentials(processID: 1, userID: 2, groupID: 3))
        #expect(local?.name == Peer.unixName && local?.source == .user(2))
    }
}

import Testing
import Transport

@testable import Admin

@Suite("Admin policy") struct AdminPolicyTests {
    static let policy = AdminPolicy(administrators: 10, readers: 20, ownUserID: 7)

    @Test(
        "groups decide, and the daemon's user and root may do everything",
        arguments: [
            (UInt32(0), UInt32(99), [UInt32](), AdminAccess.act), (7, 99, [], .act), (1000, 10, [], .act),
            (1000, 99, [5, 10], .act), (1000, 20, [], .read), (1000, 99, [20], .read), (1000, 20, [10], .act),
            (1000, 99, [1, 2], .none), (10, 99, [], .none),
        ])
    func decides(user: UInt32, group: UInt32, others: [UInt32], access: AdminAccess) {
        let peer = PeerCredentials(processID: 1, userID: user, groupID: group)
        #expect(Self.policy.access((peer, others)) == access)
    }

    @Test("a peer that the kernel does not tell of gets nothing")
    func unknown() { #expect(Self.policy.access(nil) == .none) }

    @Test("without groups the file's permissions have decided")
    func open() {
        let policy = AdminPolicy(administrators: nil, readers: nil, ownUserID: 7)
        #expect(policy.access(nil) == .act)
    }

    @Test("with readers alone nobody else reads, and only root and the daemon's user act")
    func readersAlone() {
        let policy = AdminPolicy(administrators: nil, readers: 20, ownUserID: 7)
        let peer = PeerCredentials(processID: 1, userID: 1000, groupID: 10)
        #expect(policy.access((peer, [])) == .none)
        #expect(policy.access((peer, [20])) == .read)
    }
}

import Testing

/// All tests of the target that open sockets, one at a time: they block, count descriptors and set short time-outs.
@Suite(.serialized)
enum ServerSuite {}

/// How a test's client reaches the server.
enum Path: String, CaseIterable, Sendable {
    case unix, tcp

    func address(_ fixture: ServerFixture) -> String { self == .unix ? fixture.unix : fixture.tcp }
}

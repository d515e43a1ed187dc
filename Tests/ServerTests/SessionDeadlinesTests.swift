import DataTypes
import Testing

@testable import Server

@Suite("Session deadlines")
struct SessionDeadlinesTests {
    let start = ContinuousClock.now

    private func deadlines(idle: Duration? = .seconds(100), ping: Duration? = .seconds(30)) -> SessionDeadlines {
        SessionDeadlines(
            ServerConfiguration(
                listeners: [], handshakeTimeout: .seconds(10), idleTimeout: idle, writeStallTimeout: .seconds(60),
                pingInterval: ping), now: start)
    }

    private func code(_ action: SessionDeadlines.Action?) -> String {
        switch action {
        case .ping: "ping"
        case .fail(let error): error.code.rawValue
        case .abort: "abort"
        case nil: "-"
        }
    }

    private func check(
        _ deadlines: inout SessionDeadlines, at second: Int, greeted: Bool = true, clientsTurn: Bool = true,
        sent: UInt64 = 0, pending: Int = 0
    ) -> String {
        code(
            deadlines.check(
                now: start + .seconds(second), hasGreeted: greeted, isClientsTurn: clientsTurn, sentBytes: sent,
                pendingBytes: pending))
    }

    @Test("the handshake's time runs from the connect, whatever comes")
    func handshake() {
        var deadlines = deadlines()
        #expect(check(&deadlines, at: 9, greeted: false) == "-")
        deadlines.heard(now: start + .seconds(9))
        #expect(check(&deadlines, at: 10, greeted: false) == "timeout")
    }

    @Test("one PING in a silence; an answer starts it anew")
    func ping() {
        var deadlines = deadlines()
        let trace = [29, 30, 60, 99].map { check(&deadlines, at: $0) }
        #expect(trace == ["-", "ping", "-", "-"])
        deadlines.heard(now: start + .seconds(99))
        #expect([128, 129, 198, 199].map { check(&deadlines, at: $0) } == ["-", "ping", "-", "timeout"])
    }

    @Test("time that the server takes is not the client's silence")
    func serversTurn() {
        var deadlines = deadlines(ping: nil)
        #expect(check(&deadlines, at: 500, clientsTurn: false) == "-")
        #expect(check(&deadlines, at: 599) == "-")
        #expect(check(&deadlines, at: 600) == "timeout")
    }

    @Test("without an idle time-out a silent client stays")
    func noIdleTimeout() {
        var deadlines = deadlines(idle: nil, ping: nil)
        #expect(check(&deadlines, at: 1_000_000) == "-")
    }

    @Test("a socket that takes nothing is a stall; one that takes a little is not")
    func writeStall() {
        var deadlines = deadlines()
        #expect(check(&deadlines, at: 1, clientsTurn: false, sent: 0, pending: 0) == "-")
        #expect(check(&deadlines, at: 50, clientsTurn: false, sent: 10, pending: 100) == "-")
        #expect(check(&deadlines, at: 109, clientsTurn: false, sent: 11, pending: 99) == "-")
        #expect(check(&deadlines, at: 168, clientsTurn: false, sent: 11, pending: 99) == "-")
        // More is queued, and none of it is taken.
        #expect(check(&deadlines, at: 169, clientsTurn: false, sent: 11, pending: 500) == "abort")
    }

    @Test(
        "checks are frequent enough for the shortest time-out",
        arguments: [
            (Duration.milliseconds(100), Duration.milliseconds(25)), (.seconds(4), .seconds(1)),
            (.seconds(3600), .seconds(5)),
        ])
    func checkInterval(handshake: Duration, interval: Duration) {
        let configuration = ServerConfiguration(
            listeners: [], handshakeTimeout: handshake, idleTimeout: nil, pingInterval: nil)
        #expect(SessionDeadlines(configuration, now: start).checkInterval == interval)
    }
}

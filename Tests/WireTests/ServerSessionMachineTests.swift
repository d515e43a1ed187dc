import DataTypes
import Testing
import Wire

@Suite("Server session")
struct ServerSessionMachineTests {
    private let open = ControlMessage.open(OpenMessage(OpenRequest(dataset: "d")))
    private func credit(_ batches: Int) -> ControlMessage { .credit(CreditMessage(batches: batches)) }

    @Test("an epoch from greeting to close")
    func epoch() {
        var session = ServerTrace(steps: 3)
        #expect(session.gets(.hello(Samples.hello)) == ["HELLO"])
        #expect(session.machine.sendsChecksums == true)
        #expect(session.gets(open) == ["open d"])
        #expect(session.gets(.ping([1])) == ["PONG"])
        #expect(session.opened() == ["OPENED"])
        #expect(session.gets(credit(2)) == ["next 1"])
        #expect(session.batch(0, ticket: 1) == ["BATCH 0.0 token 0.1", "next 2"])
        #expect(session.written() == [])
        #expect(session.batch(1, ticket: 2) == ["BATCH 0.1 token 0.2"])
        #expect(session.machine.waitingFor == "credit")
        #expect(session.gets(credit(1)) == ["next 3"])
        #expect(session.machine.waitingFor == "decode")
        // The last batch has taken the last credit; the end needs none. Two batches are not yet written.
        #expect(session.batch(2, ticket: 3) == ["BATCH 0.2 token 0.3"])
        #expect(session.written() == ["next 4"])
        #expect(session.ended(ticket: 4) == ["EPOCH_END 0 3"])
        #expect(session.gets(.stateRequest) == ["state"])
        #expect(session.gets(.reset) == ["reset"])
        #expect(session.moved(epoch: 1, step: 0) == ["POSITION 1.0"])
        #expect(session.gets(.close) == ["close stream", "CLOSE"])
        #expect(session.gets(open) == ["open d"])
    }

    @Test("no more than two batches are in the socket, whatever the credit")
    func backPressure() {
        var session = ServerTrace.streaming(steps: 10)
        #expect(session.gets(credit(10)) == ["next 1"])
        #expect(session.batch(0, ticket: 1) == ["BATCH 0.0 token 0.1", "next 2"])
        #expect(session.batch(1, ticket: 2) == ["BATCH 0.1 token 0.2"])
        #expect(session.machine.waitingFor == "socket")
        #expect(session.written() == ["next 3"])
    }

    @Test("a stopped stream refuses everything but CLOSE, and is forgotten with it")
    func stop() {
        var session = ServerTrace.streaming()
        #expect(session.gets(credit(2)) == ["next 1"])
        #expect(session.stopped() == ["close stream", "ERROR stopped stream"])
        #expect(session.stopped() == [])
        // What was under way comes too late.
        #expect(session.batch(0, ticket: 1) == [])
        #expect(session.gets(credit(1)) == [])
        #expect(session.gets(.reset) == ["ERROR stopped request"])
        #expect(session.gets(.seek(SeekMessage(BatchAddress(epoch: 0, step: 1)))) == ["ERROR stopped request"])
        #expect(session.gets(.stateRequest) == ["ERROR stopped request"])
        #expect(session.gets(.ping([1])) == ["PONG"])
        #expect(session.gets(.close) == ["CLOSE"])
        #expect(session.gets(open) == ["open d"])
        #expect(session.opened() == ["OPENED"])
        #expect(session.gets(.reset) == ["reset"])
    }

    @Test("only a stream that is open is stopped, also at its epoch's end")
    func stopWhen() {
        var session = ServerTrace(steps: 0)
        #expect(session.stopped() == [])
        #expect(session.gets(.hello(Samples.hello)) == ["HELLO"])
        #expect(session.stopped() == [])
        #expect(session.gets(open) == ["open d"])
        #expect(session.stopped() == [])
        #expect(session.opened() == ["OPENED", "next 1"])
        #expect(session.ended(ticket: 1) == ["EPOCH_END 0 0"])
        #expect(session.stopped() == ["close stream"])
        #expect(session.gets(.reset) == ["ERROR stopped request"])
        #expect(session.gets(.close) == ["CLOSE"])
    }

    @Test("a paused stream keeps the credit that comes, and a batch asked for before still goes out")
    func pause() {
        var session = ServerTrace.streaming(steps: 10)
        #expect(session.gets(credit(1)) == ["next 1"])
        #expect(session.machine.pause().isEmpty)
        #expect(session.machine.waitingFor == "pause")
        #expect(session.batch(0, ticket: 1) == ["BATCH 0.0 token 0.1"])
        #expect(session.gets(credit(2)) == [])
        #expect(session.written() == [])
        #expect(session.gets(.seek(SeekMessage(BatchAddress(epoch: 4, step: 1)))) == ["seek 4.1"])
        #expect(session.moved(epoch: 4, step: 1) == ["POSITION 4.1"])
        #expect(session.gets(credit(3)) == [])
        #expect(session.resumed() == ["next 2"])
        #expect(session.resumed() == [])
        // The next stream is not paused.
        #expect(session.machine.pause().isEmpty)
        #expect(session.gets(.close) == ["close stream", "CLOSE"])
        #expect(session.gets(open) == ["open d"])
        #expect(session.opened() == ["OPENED"])
        #expect(session.gets(credit(1)) == ["next 3"])
    }

    @Test("a batch that was on its way when the stream moved is dropped, and the credit with it")
    func moveWhileDecoding() {
        var session = ServerTrace.streaming()
        #expect(session.gets(credit(2)) == ["next 1"])
        #expect(session.gets(.seek(SeekMessage(BatchAddress(epoch: 4, step: 1)))) == ["seek 4.1"])
        #expect(session.moved(epoch: 4, step: 1) == ["POSITION 4.1"])
        #expect(session.batch(0, ticket: 1) == [])
        #expect(session.machine.credits == 0)
        #expect(session.gets(credit(1)) == ["next 2"])
    }

    @Test("a refused seek changes nothing")
    func refusedSeek() {
        var session = ServerTrace.streaming()
        #expect(session.gets(credit(1)) == ["next 1"])
        #expect(session.gets(.seek(SeekMessage(BatchAddress(epoch: 4, step: 9)))) == ["seek 4.9"])
        let refusal = session.machine.seekFailed(StreamError(.badPosition, "beyond"))
        #expect(refusal.map(ServerTrace.line) == ["ERROR bad_position request"])
        #expect(session.batch(0, ticket: 1) == ["BATCH 0.0 token 0.1"])
    }

    @Test("a seek to the epoch's end leads to EPOCH_END without credit")
    func seekToEnd() {
        var session = ServerTrace.streaming()
        #expect(session.gets(.seek(SeekMessage(BatchAddress(epoch: 0, step: 3)))) == ["seek 0.3"])
        #expect(session.moved(epoch: 0, step: 3) == ["POSITION 0.3", "next 1"])
        #expect(session.ended(ticket: 1) == ["EPOCH_END 0 3"])
    }

    @Test(
        "a token of other data, of another spec, or of nothing is refused",
        arguments: [
            ("hr1.cc.bb.0.0", "ERROR state_mismatch request"),
            ("hr1.\(Samples.manifest).cc.0.0", "ERROR state_mismatch request"),
            ("nonsense", "ERROR bad_request request"),
            ("hr1.\(Samples.manifest).\(Samples.spec).99999999999.0", "ERROR bad_position request"),
            ("hr1.\(Samples.manifest).\(Samples.spec).2.1", "seek 2.1"),
        ])
    func tokens(token: String, line: String) {
        var session = ServerTrace.streaming()
        #expect(session.gets(.seek(SeekMessage(token: token))) == [line])
    }

    @Test("bad records are announced before their batch, with what was done")
    func notices() {
        let record = BadRecord(reason: "bad_image", message: "ends early", file: "a.rec", offset: 8, ordinal: 1)
        var session = ServerTrace.streaming()
        _ = session.gets(credit(1))
        #expect(
            session.batch(0, ticket: 1, badRecords: [record, record]) == [
                "NOTICE bad_image skip", "NOTICE bad_image skip", "BATCH 0.0 token 0.1",
            ])
    }

    @Test("a failed epoch waits for a move")
    func failure() {
        var session = ServerTrace.streaming()
        _ = session.gets(credit(1))
        #expect(session.failed(ticket: 1) == ["ERROR bad_record stream"])
        #expect(session.gets(credit(1)) == [])
        #expect(session.gets(.reset) == ["reset"])
        #expect(session.moved(epoch: 1, step: 0) == ["POSITION 1.0"])
        #expect(session.gets(credit(1)) == ["next 2"])
    }

    @Test("a refused OPEN leaves the connection as it was")
    func refusedOpen() {
        var session = ServerTrace()
        _ = session.gets(.hello(Samples.hello))
        _ = session.gets(open)
        #expect(session.openFailed() == ["ERROR not_found request"])
        #expect(session.gets(open) == ["open d"])
        #expect(session.opened() == ["OPENED"])
    }

    @Test("CLOSE during OPEN is answered when the opener has returned")
    func closeWhileOpening() {
        var session = ServerTrace()
        _ = session.gets(.hello(Samples.hello))
        _ = session.gets(open)
        #expect(session.gets(.close) == [])
        #expect(session.opened() == ["close stream", "CLOSE"])
        _ = session.gets(open)
        #expect(session.gets(.close) == [])
        #expect(session.openFailed() == ["CLOSE"])
    }

    @Test("a stream that is opened for a client that has gone is closed")
    func openedTooLate() {
        var session = ServerTrace()
        _ = session.gets(.hello(Samples.hello))
        _ = session.gets(open)
        #expect(session.machine.connectionLost().isEmpty)
        #expect(session.opened() == ["close stream"])
    }

    @Test("a lost connection closes its stream once")
    func lost() {
        var session = ServerTrace.streaming()
        #expect(session.machine.connectionLost().map(ServerTrace.line) == ["close stream"])
        #expect(session.machine.connectionLost().isEmpty)
        #expect(session.gets(credit(1)) == [])
    }

    @Test("batches above the client's limit are refused at OPEN")
    func overLimit() {
        var session = ServerTrace()
        var hello = Samples.hello
        hello.maxFrameBytes = 64
        _ = session.gets(.hello(hello))
        _ = session.gets(open)
        #expect(session.opened() == ["close stream", "ERROR over_limit request"])
        #expect(session.gets(open) == ["open d"])
    }

    @Test("credit beyond the limit ends the connection", arguments: [65_537, Int.max])
    func tooMuchCredit(batches: Int) {
        var session = ServerTrace.streaming()
        #expect(session.gets(credit(batches)) == ["ERROR bad_frame connection", "close stream", "close connection"])
    }

    @Test("credit below one is refused", arguments: [0, -1, Int.min])
    func noCredit(batches: Int) {
        var session = ServerTrace.streaming()
        #expect(session.gets(credit(batches)) == ["ERROR bad_request request"])
    }

    @Test("a drain tells the client, lets the epoch go on and takes no new OPEN")
    func drain() {
        var session = ServerTrace.streaming()
        #expect(session.machine.drain(deadlineSeconds: 5).map(ServerTrace.line) == ["GOAWAY"])
        #expect(session.gets(credit(1)) == ["next 1"])
        #expect(session.batch(0, ticket: 1) == ["BATCH 0.0 token 0.1"])
        #expect(session.gets(.close) == ["close stream", "CLOSE", "close connection"])

        var paused = ServerTrace.streaming()
        _ = paused.machine.pause()
        #expect(paused.gets(credit(1)) == [])
        #expect(paused.machine.drain(deadlineSeconds: 5).map(ServerTrace.line) == ["GOAWAY", "next 1"])

        var late = ServerTrace.streaming()
        _ = late.machine.drain(deadlineSeconds: 5)
        #expect(
            late.machine.drainTimedOut().map(ServerTrace.line) == [
                "ERROR draining connection", "close stream", "close connection",
            ])

        var idle = ServerTrace()
        _ = idle.gets(.hello(Samples.hello))
        #expect(idle.machine.drain(deadlineSeconds: 5).map(ServerTrace.line) == ["GOAWAY", "close connection"])

        var opening = ServerTrace()
        _ = opening.gets(.hello(Samples.hello))
        _ = opening.gets(open)
        _ = opening.machine.drain(deadlineSeconds: 5)
        #expect(opening.opened() == ["close stream", "ERROR draining request", "close connection"])
    }

    @Test("HTTP gets an HTTP answer, other garbage an ERROR")
    func garbage() {
        var session = ServerTrace()
        #expect(session.machine.framingFailed(.http).map(ServerTrace.line) == ["raw HTTP/1.1 400", "close connection"])
        var other = ServerTrace()
        #expect(
            other.machine.framingFailed(.badMagic(found: 0)).map(ServerTrace.line) == [
                "ERROR bad_frame connection", "close connection",
            ])
    }

    @Test("the state message says where the wire is, not where the stream is")
    func state() {
        var session = ServerTrace.streaming()
        _ = session.gets(credit(2))
        _ = session.batch(0, ticket: 1)
        var statistics = StreamStatistics()
        statistics.batches = 1
        statistics.decodeNanoseconds = 1_500_000_000
        guard case .state(let message) = session.machine.stateMessage(statistics) else {
            Issue.record("not a STATE")
            return
        }
        #expect(message.token == Samples.token(epoch: 0, step: 1))
        #expect(message.step == 1)
        #expect(message.credits == 1)
        #expect(message.decodeSeconds == 1.5)
    }
}

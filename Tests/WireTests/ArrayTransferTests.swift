import DataTypes
import NIOCore
import Testing
import Wire

@Suite("Arrays that are handed over")
struct ArrayTransferTests {
    private static let shape = ArrayShape(elementType: .int16, extents: [5])!

    private func attach(_ name: String, via: AttachMessage.Way = .frames) -> ControlMessage {
        .attach(AttachMessage(name: name, shape: Self.shape, via: via))
    }

    private func data(_ count: Int) -> Frame {
        Frame(
            header: FrameHeader(type: .data, lengthBytes: count, stream: 1, sequence: 0),
            payload: ByteBuffer(bytes: [UInt8](repeating: 7, count: count)))
    }

    /// A server that has greeted a client with these features.
    private func greeted(_ features: [String] = ["arrays", "descriptors"]) -> ServerTrace {
        var session = ServerTrace(passesDescriptors: true)
        _ = session.gets(
            .hello(.client(software: "test", features: features, processID: nil, maxFrameBytes: 1 << 30)))
        return session
    }

    @Test("an array comes in pieces, and a stream can be opened behind it")
    func frames() {
        var session = greeted()
        #expect(session.machine.features == ["arrays", "descriptors"])
        #expect(session.gets(attach("a")) == ["attach a 10 frames"])
        #expect(session.machine.waitingFor == "array")
        #expect(session.gets(data(4)) == ["append 4"])
        #expect(session.gets(.ping([])) == ["PONG"])
        #expect(session.gets(data(6)) == ["append 6", "finish"])
        #expect(session.machine.attached().map(ServerTrace.line) == ["ATTACHED"])
        #expect(session.gets(attach("a")) == ["ERROR bad_request request"])
        #expect(session.gets(.open(OpenMessage(OpenRequest(dataset: "d")))) == ["open d"])
    }

    @Test("a refused array is dropped as it comes, and no byte more than was announced")
    func refused() {
        var session = greeted()
        #expect(session.gets(attach("a")) == ["attach a 10 frames"])
        #expect(session.gets(data(3)) == ["append 3"])
        let error = StreamError(.memoryLimit, "no room")
        #expect(session.machine.attachFailed(error).map(ServerTrace.line) == ["ERROR memory_limit request"])
        #expect(session.gets(data(6)) == [])
        #expect(session.gets(.ping([])) == ["PONG"])
        #expect(session.gets(data(1)) == [])
        #expect(session.gets(data(1)) == ["ERROR bad_frame connection", "close connection"])
    }

    @Test("elements behind another message are not those of the refused array")
    func refusedThenOther() {
        var session = greeted()
        #expect(session.gets(attach("a")) == ["attach a 10 frames"])
        _ = session.machine.attachFailed(StreamError(.memoryLimit, "no room"))
        #expect(session.gets(attach("b")) == ["attach b 10 frames"])
        #expect(session.gets(data(11)) == ["ERROR bad_frame connection", "close connection"])
    }

    @Test("a descriptor's array has no elements of its own, and is answered when it is taken over")
    func descriptor() {
        var session = greeted()
        #expect(session.gets(attach("a", via: .descriptor)) == ["attach a 10 descriptor"])
        #expect(session.machine.attached().map(ServerTrace.line) == ["ATTACHED"])
        // Answers that come too late mean nothing.
        #expect(session.machine.attached().map(ServerTrace.line) == [])
        #expect(session.machine.attachFailed(StreamError(.timeout, "late")).map(ServerTrace.line) == [])
        // The file of a refused array is taken out of the side channel first, or the next array would get it.
        #expect(session.gets(attach("a", via: .descriptor)) == ["refuseDescriptor bad_request"])
        #expect(session.machine.state == .attaching)
        let refused = StreamError(.badRequest, "refused")
        #expect(session.machine.attachFailed(refused).map(ServerTrace.line) == ["ERROR bad_request request"])
        #expect(session.machine.state == .greeted)
        session = greeted(["arrays"])
        #expect(session.gets(attach("a", via: .descriptor)) == ["ERROR bad_request request"])
        #expect(session.gets(data(1)) == ["ERROR bad_frame connection", "close connection"])
    }

    @Test("a server without a side channel says so in its answer")
    func withdrawal() {
        var session = greeted()
        let answer = HelloMessage(
            major: 1, minor: 1, features: ["arrays", "descriptors"], maxFrameBytes: 1)
        #expect(session.machine.withdrawDescriptors(answer).features == ["arrays"])
        #expect(session.gets(attach("a", via: .descriptor)) == ["ERROR bad_request request"])
    }

    @Test("a draining server ends the connection when the array has come")
    func draining() {
        var session = greeted()
        #expect(session.gets(attach("a")) == ["attach a 10 frames"])
        #expect(session.machine.drain(deadlineSeconds: 1).map(ServerTrace.line) == ["GOAWAY"])
        #expect(session.gets(data(10)) == ["append 10", "finish"])
        #expect(session.machine.attached().map(ServerTrace.line) == ["ATTACHED", "close connection"])
    }

    @Test("the client hands over before it opens, and takes either answer")
    func client() throws {
        var machine = ClientSessionMachine(window: 1)
        _ = machine.greet(Samples.hello)
        let message = AttachMessage(name: "a", shape: Self.shape, via: .frames)
        func hello(_ features: [String]) -> ControlMessage {
            .hello(HelloMessage(major: 1, minor: 1, features: features, maxFrameBytes: 1 << 20))
        }
        _ = machine.received(Samples.frame(hello(["arrays"])))
        #expect(try machine.attach(message).count == 1)
        #expect(machine.request == .attach)
        #expect(throws: SessionFailure.self) { try machine.open(OpenMessage(OpenRequest(dataset: "d"))) }
        _ = machine.received(Samples.frame(.attached(AttachedMessage(name: "a"))))
        #expect(machine.request == nil)
        _ = try machine.attach(message)
        let error = ErrorMessage(StreamError(.overLimit, "too much"), scope: .request)
        guard case .deliver(.refused(let refused))? = machine.received(Samples.frame(.error(error))).first else {
            Issue.record("the refusal was not delivered")
            return
        }
        #expect(refused.code == "over_limit" && machine.request == nil)
        // An answer to nothing breaks the protocol.
        _ = machine.received(Samples.frame(.attached(AttachedMessage(name: "a"))))
        #expect(machine.state == .closed)

        var old = ClientSessionMachine(window: 1)
        _ = old.greet(Samples.hello)
        _ = old.received(Samples.frame(hello([])))
        #expect(throws: SessionFailure.self) { try old.attach(message) }
    }
}

import DataTypes
import Server
import Testing

extension ServerSuite {
    @Suite("A session")
    struct SessionTests {
        typealias Kind = RawFrame.Kind

        @Test("an epoch, reset, seek, state, close and open again", arguments: Path.allCases)
        func wholeSession(path: Path) async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(path.address(fixture))
                let hello = try client.hello()
                #expect(hello.type == Kind.hello && hello.json["server"] as? String == "headraced/test")
                let opened = try client.open("{\"dataset\":\"fake\",\"label\":\"run-17\"}")
                #expect(opened.type == Kind.opened)
                #expect(opened.json["steps"] as? Int == 5 && opened.json["step"] as? Int == 0)
                try client.credit(10)
                for step in 0..<5 {
                    try expectBatch(client.receive(), BatchAddress(epoch: 0, step: step))
                }
                let end = try client.receive()
                #expect(end.type == Kind.epochEnd && end.json["steps"] as? Int == 5)

                try client.send(Kind.reset)
                let position = try client.receive()
                #expect(position.type == Kind.position && position.json["epoch"] as? Int == 1)
                try client.credit(2)
                for step in 0..<2 { try expectBatch(client.receive(), BatchAddress(epoch: 1, step: step)) }

                try client.send(Kind.seek, "{\"epoch\":7,\"step\":4}")
                #expect(try client.receive().json["epoch"] as? Int == 7)
                try client.credit(1)
                let last = try client.receive()
                expectBatch(last, BatchAddress(epoch: 7, step: 4))
                #expect(try client.receive().type == Kind.epochEnd)

                try client.send(Kind.state)
                let state = try client.receive()
                #expect(state.type == Kind.state && state.json["step"] as? Int == 5)
                #expect(state.json["token"] as? String == last.metadata["token"])

                try client.send(Kind.close)
                #expect(try client.receive().type == Kind.close)
                #expect(fixture.opener.streams[0].released.wait())

                let again = try client.open()
                #expect(again.type == Kind.opened)
                try client.credit(1)
                try expectBatch(client.receive(), BatchAddress(epoch: 0, step: 0))
            }
        }

        @Test("a batch is sent for each credit and none without")
        func credits() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                #expect(try client.framesBeforePong().isEmpty)
                try client.credit(2)
                for step in 0..<2 { try expectBatch(client.receive(), BatchAddress(epoch: 0, step: step)) }
                // The answer to PING follows whatever was under way: nothing is.
                #expect(try client.framesBeforePong().isEmpty)
                #expect(fixture.opener.streams[0].delivered == 2)
                let stream = try #require(fixture.server.snapshot().streams.first)
                #expect(stream.credits == 0 && stream.waitingFor == .credit)
            }
        }

        @Test("a reset takes back credit and drops the batch that was awaited")
        func resetWhileWaiting() async throws {
            var plan = FakePlan()
            plan.isHeld = true
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(3)
                #expect(try client.framesBeforePong().isEmpty)
                let stream = try #require(fixture.server.snapshot().streams.first)
                #expect(stream.credits == 3 && stream.waitingFor == .decode)
                try client.send(Kind.reset)
                #expect(try client.receive().type == Kind.position)
                fixture.opener.streams[0].proceed()
                #expect(try client.framesBeforePong().isEmpty)
                try client.credit(1)
                try expectBatch(client.receive(), BatchAddress(epoch: 1, step: 0))
            }
        }

        @Test("checksums come when asked for, and hold")
        func checksums() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.tcp)
                #expect(
                    try client.hello(features: ["checksum", "from-the-future"]).json["features"] as? [String] == [
                        "checksum"
                    ])
                try client.open()
                try client.credit(3)
                for step in 0..<3 {
                    let frame = try client.receive()
                    #expect(frame.flags & 1 == 1)
                    expectBatch(frame, BatchAddress(epoch: 0, step: step))
                }
            }
        }

        @Test("a stream starts and continues at a token, and refuses one of other data")
        func tokens() async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                let data = String(repeating: "a", count: 32)
                let spec = String(repeating: "b", count: 32)
                let refused = try client.open("{\"dataset\":\"fake\",\"token\":\"hr1.\(spec).\(spec).2.3\"}")
                #expect(refused.code == "state_mismatch" && refused.scope == "request")
                #expect(fixture.opener.streams[0].released.wait())
                let opened = try client.open("{\"dataset\":\"fake\",\"token\":\"hr1.\(data).\(spec).2.3\"}")
                #expect(opened.json["epoch"] as? Int == 2 && opened.json["step"] as? Int == 3)
                try client.credit(1)
                try expectBatch(client.receive(), BatchAddress(epoch: 2, step: 3))
                try client.send(Kind.seek, "{\"token\":\"hr1.\(data).\(data).0.0\"}")
                #expect(try client.receive().code == "state_mismatch")
                try client.send(Kind.seek, "{\"epoch\":0,\"step\":99}")
                #expect(try client.receive().code == "bad_position")
                try client.credit(1)
                try expectBatch(client.receive(), BatchAddress(epoch: 2, step: 4))
            }
        }

        @Test("a bad record is told before its batch, counted and kept for the administrator")
        func badRecords() async throws {
            var plan = FakePlan()
            let record = BadRecord(
                reason: "bad_image", message: "JPEG data ends early", file: "train.rec", offset: 123, ordinal: 9)
            plan.badRecords[BatchAddress(epoch: 0, step: 1)] = [record, record]
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(2)
                expectBatch(try client.receive(), BatchAddress(epoch: 0, step: 0))
                for _ in 0..<2 {
                    let notice = try client.receive()
                    #expect(notice.type == Kind.notice && notice.code == "bad_image")
                    #expect(notice.json["offset"] as? Int == 123 && notice.json["step"] as? Int == 1)
                }
                expectBatch(try client.receive(), BatchAddress(epoch: 0, step: 1))
                let snapshot = fixture.server.snapshot()
                #expect(snapshot.counters.badRecords == ["bad_image": 2])
                #expect(snapshot.badRecords.map(\.record) == [record, record])
                #expect(snapshot.badRecords.first?.dataset == "fake")
            }
        }

        @Test("a failed epoch is an ERROR of the stream, and a reset goes on")
        func failedEpoch() async throws {
            var plan = FakePlan()
            plan.failsAt = BatchAddress(epoch: 0, step: 1)
            try await ServerFixture.with(plan) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                try client.open()
                try client.credit(5)
                expectBatch(try client.receive(), BatchAddress(epoch: 0, step: 0))
                let error = try client.receive()
                #expect(error.code == "bad_record" && error.scope == "stream")
                #expect(try client.framesBeforePong().isEmpty)
                #expect(fixture.server.snapshot().streams.first?.waitingFor == .reset)
                try client.send(Kind.reset)
                #expect(try client.receive().type == Kind.position)
                try client.credit(1)
                expectBatch(try client.receive(), BatchAddress(epoch: 1, step: 0))
                #expect(fixture.server.snapshot().counters.errors == [.badRecord: 1])
            }
        }

        @Test(
            "an OPEN that cannot be served is refused, and the next one works",
            arguments: [
                ("{\"dataset\":\"fakt\"}", "unknown_dataset"),
                ("{\"dataset\":", "bad_request"),
                ("[1,2]", "bad_request"),
                ("{}", "bad_request"),
                ("{\"dataset\":\"fake\",\"iterator\":\"CSVIter\"}", "bad_request"),
                ("{\"dataset\":\"fake\",\"token\":\"nonsense\"}", "bad_request"),
                (String(repeating: "[", count: 40), "bad_request"),
            ])
        func refusedOpen(json: String, code: String) async throws {
            try await ServerFixture.with { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello()
                let refused = try client.open(json)
                #expect(refused.type == Kind.error && refused.code == code && refused.scope == "request")
                #expect(try client.open().type == Kind.opened)
            }
        }

        @Test("a stream whose batches are too large is refused and released", arguments: [true, false])
        func tooLarge(byClient: Bool) async throws {
            try await ServerFixture.with(configure: { if !byClient { $0.maxFrameBytes = 100 } }) { fixture in
                let client = try RawClient(fixture.unix)
                try client.hello(maxFrame: byClient ? 100 : 1 << 30)
                #expect(try client.open().code == "over_limit")
                #expect(fixture.opener.streams[0].released.wait())
                #expect(fixture.server.snapshot().streams.isEmpty)
            }
        }

        @Test("two clients are served independently")
        func twoClients() async throws {
            try await ServerFixture.with { fixture in
                var clients: [RawClient] = []
                for address in [fixture.unix, fixture.tcp] {
                    let client = try RawClient(address)
                    try client.hello()
                    try client.open()
                    clients.append(client)
                }
                let snapshot = fixture.server.snapshot()
                #expect(snapshot.clients.count == 2 && snapshot.streams.count == 2)
                #expect(snapshot.clients.map(\.identity.software) == ["test/1", "test/1"])
                #expect(snapshot.clients[0].identity.peer == "unix")
                #expect(snapshot.clients[0].identity.processID != nil && snapshot.clients[0].identity.userID != nil)
                #expect(snapshot.clients[1].identity.peer.hasPrefix("127.0.0.1:"))
                try clients[0].credit(1)
                expectBatch(try clients[0].receive(), BatchAddress(epoch: 0, step: 0))
                clients[0].close()
                #expect(fixture.opener.streams[0].released.wait())
                try clients[1].credit(5)
                for step in 0..<5 { expectBatch(try clients[1].receive(), BatchAddress(epoch: 0, step: step)) }
                #expect(try clients[1].receive().type == Kind.epochEnd)
                #expect(try clients[1].framesBeforePong().isEmpty)
                let counters = fixture.server.snapshot().counters
                #expect(counters.batchesSent >= 5 && counters.streamsOpened == 2)
            }
        }
    }
}

/// Checks a BATCH of the fake stream, byte by byte, and its place and alignment.
func expectBatch(_ frame: RawFrame, _ address: BatchAddress, _ plan: FakePlan = FakePlan()) {
    #expect(frame.type == RawFrame.Kind.batch, "got type \(frame.type): \(frame.json)")
    #expect(frame.metadata["epoch"] == "\(address.epoch)" && frame.metadata["step"] == "\(address.step)")
    #expect(frame.metadata["token"]?.hasSuffix(".\(address.epoch).\(address.step + 1)") == true)
    let expected = (0..<(plan.batchSize * plan.rowBytes)).map { FakePlan.byte(address, $0) }
    #expect(frame.tensor("data") == expected)
    #expect(frame.payload.count % 64 == 0)
}

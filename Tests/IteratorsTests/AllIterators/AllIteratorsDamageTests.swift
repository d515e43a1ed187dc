import DataTypes
import TestSupport
import Testing

/// What every iterator promises when records cannot be delivered.
@Suite("every iterator: bad records", .timeLimit(.minutes(10))) struct AllIteratorsDamageTests {
    private static let damageable = IteratorFixture.all.filter(\.canBeDamaged)
    private static let damaged: Set<Int> = [0, 5, 6, 13, 22]

    private func changes(_ fixture: IteratorFixture, _ policy: String, shuffle: Bool) -> [String: ParameterValue] {
        fixture.whole.merging(["on_bad_record": .string(policy), "shuffle": .bool(shuffle)]) { $1 }
    }

    @Test("skip: exactly the good records come, and pad counts the missing rows", arguments: damageable, [false, true])
    func skip(fixture: IteratorFixture, shuffle: Bool) async throws {
        let open = try OpenFixture(fixture, damaged: Self.damaged)
        let good = (0..<open.count).filter { !Self.damaged.contains($0) }.map(fixture.id)
        for batches in try await open.epochs(2, changes(fixture, "skip", shuffle: shuffle)) {
            #expect(batches.count == 6)
            #expect(open.data(batches).sorted() == good)
            #expect(batches.reduce(0) { $0 + $1.pad } == 24 - good.count)
            let bad = batches.flatMap(\.badRecords)
            #expect(Set(bad.map(\.ordinal)) == Self.damaged)
            #expect(bad.allSatisfy { !$0.message.isEmpty && $0.file.hasPrefix("/tmp/") && !$0.reason.isEmpty })
        }
    }

    @Test(
        "substitute: rows stay where they are, and good records take the bad ones' places", arguments: damageable,
        [false, true])
    func substitute(fixture: IteratorFixture, shuffle: Bool) async throws {
        let open = try OpenFixture(fixture, damaged: Self.damaged)
        let bad = Set(Self.damaged.map(fixture.id))
        let parameters = changes(fixture, "substitute", shuffle: shuffle)
        let epochs = try await open.epochs(2, parameters)
        for batches in epochs {
            let data = open.data(batches)
            #expect(batches.map(\.pad) == [0, 0, 0, 0, 0, 1])
            #expect(data.count == open.count && bad.isDisjoint(with: data))
            #expect(Set(data) == Set(open.ids).subtracting(bad))
        }
        #expect(try await open.epochs(2, parameters, threads: 5) == epochs)
    }

    @Test("error: the epoch ends at the bad record, which is named", arguments: damageable)
    func error(fixture: IteratorFixture) async throws {
        let open = try OpenFixture(fixture, damaged: [9])
        try await open.withStream(fixture.whole) { stream in
            for step in 0..<2 {
                guard case .batch(let batch) = try await stream.nextEvent() else {
                    Issue.record("no batch at step \(step)")
                    return
                }
                #expect(batch.address.step == step)
            }
            let error = await #expect(throws: StreamError.self) { try await stream.nextEvent() }
            #expect(error?.code == .badRecord && error?.badRecord?.ordinal == 9)
        }
    }
}

import DataTypes
import TestSupport
import Testing

/// A batch is a function of its address: neither threads nor what was read before it change a byte.
@Suite("every iterator: purity", .timeLimit(.minutes(10))) struct AllIteratorsPurityTests {
    private static let shuffled: [String: ParameterValue] = ["shuffle": .bool(true), "seed": .integer(3)]

    @Test("the same bytes for 1, 2 and 7 threads, twice in a row", arguments: IteratorFixture.all)
    func threads(fixture: IteratorFixture) async throws {
        let open = try OpenFixture(fixture)
        for changes in [[:], Self.shuffled] {
            let expected = try await open.epochs(2, changes, threads: 1)
            #expect(!expected[0].isEmpty)
            for threads in [1, 2, 7] { #expect(try await open.epochs(2, changes, threads: threads) == expected) }
        }
    }

    @Test("seeking to a step and reading is reading up to there", arguments: IteratorFixture.all)
    func seek(fixture: IteratorFixture) async throws {
        let open = try OpenFixture(fixture)
        for changes in [[:], Self.shuffled] {
            let epochs = try await open.epochs(3, changes)
            let addresses = epochs.joined().map(\.address)
            try await open.withStream(changes) { stream in
                // Backwards and forwards.
                for address in addresses.reversed() + addresses {
                    try stream.seek(to: address)
                    guard case .batch(let batch) = try await stream.nextEvent() else {
                        Issue.record("no batch at \(address)")
                        return
                    }
                    #expect(BatchCopy(batch) == epochs[address.epoch][address.step])
                }
                try stream.seek(to: BatchAddress(epoch: 1, step: 2))
                #expect(try await stream.restOfEpoch() == Array(epochs[1][2...]))
            }
        }
    }

    @Test(
        "a second opening of the same data has the same hashes; other data and other parameters have others",
        arguments: IteratorFixture.all)
    func hashes(fixture: IteratorFixture) throws {
        let open = try OpenFixture(fixture)
        let first = try open.source([:]).info
        let again = try open.source(["prefetch_buffer": .integer(9)]).info
        #expect(first.manifestHash == again.manifestHash && first.specHash == again.specHash)
        #expect(try open.source(Self.shuffled).info.specHash != first.specHash)
        #expect(try OpenFixture(fixture, count: 22).source([:]).info.manifestHash != first.manifestHash)
    }
}

import DataTypes
import Iterators
import TestSupport
import Testing

/// What every iterator of the catalog promises about which records come where.
@Suite("every iterator: order", .timeLimit(.minutes(10))) struct AllIteratorsOrderTests {
    @Test("every kind of the catalog has a fixture")
    func fixtures() {
        let names = Set(IteratorFixture.all.map(\.kind.name))
        for kind in IteratorCatalog.all {
            #expect(names.contains(kind.name), "give \(kind.name) an IteratorFixture, and IteratorFixture.all a line")
        }
        #expect(names.count == IteratorFixture.all.count)
    }

    @Test(
        "parts are disjoint and complete, in every way of cutting, in order and shuffled",
        arguments: IteratorFixture.all, [1, 2, 3, 7])
    func parts(fixture: IteratorFixture, numParts: Int) async throws {
        let open = try OpenFixture(fixture)
        for partition in fixture.partitions {
            for shuffle in [false, true] {
                var ids: [UInt64] = []
                var sizes: [Int] = []
                for part in 0..<numParts {
                    let changes = fixture.whole.merging([
                        "num_parts": .integer(numParts), "part_index": .integer(part), "shuffle": .bool(shuffle),
                        "partition": .string(partition), "batch_size": .integer(2),
                    ]) { $1 }
                    let mine = open.data(try await open.epochs(1, changes)[0])
                    #expect(try open.source(changes).info.partRecordCount == mine.count)
                    ids += mine
                    sizes.append(mine.count)
                }
                #expect(ids.sorted() == open.ids, "\(partition), shuffle \(shuffle)")
                if partition == "count" { #expect(sizes.max()! - sizes.min()! <= 1) }
            }
        }
    }

    @Test("even parts have as many batches each", arguments: IteratorFixture.all)
    func evenParts(fixture: IteratorFixture) throws {
        let open = try OpenFixture(fixture)
        for ending in [fixture.whole, fixture.carriesOver].compactMap({ $0 }) {
            let sources = try (0..<5).map { part in
                try open.source(
                    ending.merging([
                        "num_parts": .integer(5), "part_index": .integer(part), "even_parts": .bool(true),
                        "batch_size": .integer(2),
                    ]) { $1 })
            }
            #expect(sources[0].epochPlan.stepCount(epoch: 0) == 3)
            for epoch in 0..<4 { #expect(Set(sources.map { $0.epochPlan.stepCount(epoch: epoch) }).count == 1) }
        }
    }

    @Test("without rounding every record comes once an epoch, in order", arguments: IteratorFixture.all)
    func wholeEpochs(fixture: IteratorFixture) async throws {
        let open = try OpenFixture(fixture)
        for batches in try await open.epochs(3, fixture.whole) {
            #expect(open.data(batches) == open.ids)
            #expect(batches.map(\.pad) == [0, 0, 0, 0, 0, 1])
            #expect(batches.last?.index.last == (fixture.emptiesRows ? .max : open.ids[0]))
        }
    }

    @Test(
        "with rounding an epoch has what the one before did not take, and each record once",
        arguments: IteratorFixture.all)
    func roundedEpochs(fixture: IteratorFixture) async throws {
        guard let carriesOver = fixture.carriesOver else { return }
        let open = try OpenFixture(fixture)
        let epochs = try await open.epochs(5, carriesOver)
        var taken: [UInt64] = []
        for batches in epochs {
            #expect((taken + open.data(batches)).sorted() == open.ids)
            taken = batches.flatMap { $0.index.suffix($0.pad) }
        }
        // One epoch goes on where the one before stopped: the data again and again.
        let sequence = epochs.joined().flatMap(\.index)
        #expect(sequence == sequence.indices.map { open.ids[$0 % open.count] })
        // With shuffle every epoch is whole.
        for batches in try await open.epochs(3, carriesOver.merging(["shuffle": .bool(true)]) { $1 }) {
            #expect(open.data(batches).sorted() == open.ids)
            #expect(batches.map(\.pad) == [0, 0, 0, 0, 0, 1])
        }
    }

    @Test("a rest that is left out leaves full batches of different records", arguments: IteratorFixture.all)
    func droppedRest(fixture: IteratorFixture) async throws {
        guard let drops = fixture.drops else { return }
        let open = try OpenFixture(fixture)
        for batches in try await open.epochs(3, drops.merging(["shuffle": .bool(true)]) { $1 }) {
            #expect(batches.map(\.pad) == [0, 0, 0, 0, 0])
            #expect(Set(open.data(batches)).count == 20)
        }
    }

    @Test(
        "a rest that is rolled over begins the next epoch, and every record comes once a pass",
        arguments: IteratorFixture.all)
    func rolledRest(fixture: IteratorFixture) async throws {
        guard fixture.kind.specs.contains(where: { $0.name == "last_batch_handle" }) else { return }
        let open = try OpenFixture(fixture)
        // As many passes as a batch has rows: the last ends with a batch.
        let epochs = try await open.epochs(4, ["last_batch_handle": .string("roll_over"), "shuffle": .bool(false)])
        #expect(epochs.joined().allSatisfy { $0.pad == 0 })
        #expect(epochs.joined().flatMap(\.index) == (0..<4).flatMap { _ in open.ids })
        #expect(Set(epochs.map(\.count)) == [5, 6])
    }

    @Test("shuffled epochs are permutations, each another, and the seed decides them", arguments: IteratorFixture.all)
    func shuffled(fixture: IteratorFixture) async throws {
        let open = try OpenFixture(fixture)
        func orders(seed: Int) async throws -> [[UInt64]] {
            let changes: [String: ParameterValue] = ["shuffle": .bool(true), "seed": .integer(seed)]
            return try await open.epochs(4, fixture.whole.merging(changes) { $1 }).map(open.data)
        }
        let first = try await orders(seed: 1)
        #expect(first.allSatisfy { $0.sorted() == open.ids })
        #expect(Set(first + [open.ids]).count == 5)
        #expect(try await orders(seed: 1) == first)
        #expect(Set(try await orders(seed: 2)).isDisjoint(with: first))
    }
}

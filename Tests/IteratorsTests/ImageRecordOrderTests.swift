import DataTypes
import TestSupport
import Testing

/// Which records come, in which order, and in which part.
struct ImageRecordOrderTests {
    private static let all = (0..<23).map { UInt64(100 + $0) }

    @Test(
        "parts are disjoint and complete in every way of cutting, in order and shuffled",
        arguments: [1, 2, 3, 7], ["count", "bytes", "global"])
    func parts(numParts: Int, partition: String) async throws {
        let fixture = try RecordFixture(count: 23)
        for shuffle in [false, true] {
            for indexed in [false, true] {
                var ids: [UInt64] = []
                var sizes: [Int] = []
                for part in 0..<numParts {
                    var more: [String: ParameterValue] = [
                        "num_parts": .integer(numParts), "part_index": .integer(part),
                        "partition": .string(partition), "shuffle": .bool(shuffle), "batch_size": .integer(2),
                        "round_batch": .bool(false),
                    ]
                    if indexed { more["path_imgidx"] = .string(fixture.indexPath) }
                    let mine = try await fixture.epoch(more).flatMap(\.ids)
                    #expect(try fixture.open("ImageRecordIter", more).info.partRecordCount == mine.count)
                    ids += mine
                    sizes.append(mine.count)
                }
                #expect(ids.sorted() == Self.all)
                if partition == "count" { #expect(sizes.max()! - sizes.min()! <= 1) }
            }
        }
    }

    @Test("even parts: every part has as many batches in every epoch", arguments: ["count", "bytes"], [true, false])
    func evenParts(partition: String, roundBatch: Bool) throws {
        // A chunk of one MiB has four records: as many as a part, or one fewer.
        let fixture = try RecordFixture(count: 23, extraBytes: 230_000)
        for order in [[:], ["shuffle": .bool(true)], ["shuffle_chunk_size": .integer(1)]] as [[String: ParameterValue]]
        {
            let sources = try (0..<5).map { part in
                let more: [String: ParameterValue] = [
                    "num_parts": .integer(5), "part_index": .integer(part), "even_parts": .bool(true),
                    "partition": .string(partition), "round_batch": .bool(roundBatch), "batch_size": .integer(2),
                ]
                return try fixture.open("ImageRecordIter", more.merging(order) { $1 })
            }
            for epoch in [0, 1, 2, 3, 1000, EpochPlan.maxEpoch] {
                #expect(Set(sources.map { $0.epochPlan.stepCount(epoch: epoch) }).count == 1)
            }
        }
    }

    @Test(
        "a global partition in 1, 2 or 4 parts gives the same global batches and the same hash", arguments: [1, 2, 4])
    func globalPartition(numParts: Int) async throws {
        let fixture = try RecordFixture(count: 23)
        func run(_ numParts: Int) async throws -> (steps: [[UInt64]], hashes: Set<String>) {
            var steps: [[UInt64]] = []
            var hashes: Set<String> = []
            for part in 0..<numParts {
                let more: [String: ParameterValue] = [
                    "num_parts": .integer(numParts), "part_index": .integer(part), "partition": .string("global"),
                    "batch_size": .integer(8 / numParts),
                ]
                hashes.insert(try fixture.open("ImageRecordIter", more).info.specHash)
                for (step, batch) in try await fixture.epochs(3, of: "ImageRecordIter", more).joined().enumerated() {
                    if step == steps.count { steps.append([]) }
                    steps[step] += batch.index
                }
            }
            return (steps, hashes)
        }
        let (steps, hashes) = try await run(numParts)
        #expect(steps == (try await run(1)).steps)
        #expect(hashes == (try await run(1)).hashes)
        // Carry-over: the global sequence is the data again and again.
        let expected: [UInt64] = (0..<72).map { row in Self.all[row % 23] }
        #expect(Array(steps.joined()) == expected)
    }

    @Test("without shuffle the next epoch begins behind what the last batch took, and pad says how much that was")
    func carryOver() async throws {
        let fixture = try RecordFixture(count: 10)
        let epochs = try await fixture.epochs(3)
        #expect(epochs.map(\.count) == [3, 2, 3])
        #expect(epochs.map { $0.map(\.pad) } == [[0, 0, 2], [0, 0], [0, 0, 2]])
        let expected: [UInt64] = (0..<32).map { row in 100 + UInt64(row % 10) }
        #expect(epochs.joined().flatMap(\.index) == expected)
    }

    @Test("with shuffle every epoch has each record once, in another order; the seed decides it")
    func shuffled() async throws {
        let fixture = try RecordFixture(count: 23)
        let more: [String: ParameterValue] = ["shuffle": .bool(true)]
        let epochs = try await fixture.epochs(3, of: "ImageRecordIter", more)
        for epoch in epochs {
            #expect(epoch.flatMap(\.ids).sorted() == Self.all)
            #expect(epoch.last?.pad == 1)
        }
        #expect(Set(epochs.map { $0.flatMap(\.ids) }).count == 3)
        let other = try await fixture.epochs(
            1, of: "ImageRecordIter", ["shuffle": .bool(true), "seed": .integer(.min)])
        #expect(other[0] != epochs[0])
        #expect(try await fixture.epochs(3, of: "ImageRecordIter", more, threads: 8) == epochs)
    }

    @Test("round_batch false: rows behind the data are zero, have no index and count in pad")
    func zeroFill() async throws {
        let fixture = try RecordFixture(count: 6)
        let last = try await fixture.epoch(["round_batch": .bool(false)])[1]
        #expect(last.pad == 2 && last.index == [104, 105, .max, .max])
        #expect(last.tensors[0].dropFirst(last.tensors[0].count / 2).allSatisfy { $0 == 0 })
        #expect(last.labels == [104, 105, 0, 0])
    }

    @Test("the last epoch that can be named works, at the largest global batch; a reset behind it has no batches")
    func lastEpoch() async throws {
        let fixture = try RecordFixture(count: 3)
        let source = try fixture.open(
            "ImageRecordIter",
            ["partition": .string("global"), "num_parts": .integer(1 << 20), "batch_size": .integer(1 << 11)])
        let plan = source.epochPlan.plan(BatchAddress(epoch: EpochPlan.maxEpoch, step: 0))
        #expect(plan.stepCount == 1 && plan.slots.count == 2048)
        #expect(source.epochPlan.stepCount(epoch: EpochPlan.maxEpoch + 1) == 0)
    }

    @Test("an extreme number of parts opens in reasonable time and is complete", arguments: ["count", "bytes"])
    func manyParts(partition: String) throws {
        let fixture = try RecordFixture(count: 3)
        for part in [0, 1 << 19, (1 << 20) - 1] {
            let source = try fixture.open(
                "ImageRecordIter",
                [
                    "num_parts": .integer(1 << 20), "part_index": .integer(part), "even_parts": .bool(true),
                    "partition": .string(partition), "shuffle_chunk_size": .integer(1 << 20),
                    "shuffle_chunk_seed": .integer(.max), "seed": .integer(.min),
                ])
            #expect(source.epochPlan.stepCount(epoch: 0) == 1)
            let plan = source.epochPlan.plan(BatchAddress(epoch: 0, step: 0))
            #expect(plan.pad >= 3)
        }
    }

    @Test(
        "a record that an evened pass repeats has another lap each time",
        arguments: [EpochPlan.Rounding.carryOver, .whole])
    func lapsOfEvenedPasses(rounding: EpochPlan.Rounding) {
        let plan = EpochPlan(
            records: 0..<2, evenedTo: 5, batchSize: 12, globalParts: nil, rounding: rounding, order: .sequential,
            seed: 0)
        let slots = plan.plan(BatchAddress(epoch: 0, step: 0)).slots.compactMap { $0 }
        #expect(Set(slots.map { [$0.ordinal, $0.lap] }).count == 12)
    }
}

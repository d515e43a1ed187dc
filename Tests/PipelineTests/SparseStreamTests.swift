import DataTypes
import Pipeline
import TestSupport
import Testing

/// Batches with rows that have no fixed size.
struct SparseStreamTests {
    private func epochs(_ source: SparsePatternSource, threads: Int = 2) async throws -> [BatchCopy] {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        defer { stream.close() }
        var result: [BatchCopy] = []
        for _ in 0..<3 {
            result += try await stream.restOfEpoch()
            _ = stream.reset()
        }
        return result
    }

    private func elements(of ordinal: Int) -> [SparseRows.Element] {
        SparsePatternSource.elements(of: ordinal).map { SparseRows.Element(column: $0.column, value: $0.value) }
    }

    @Test(
        "every row has its elements, rows without a record none, and nothing of an earlier batch shows",
        arguments: [EpochPlan.Rounding.whole, .carryOver, .zeroFill, .drop], [1, 4, 9, 30])
    func rows(rounding: EpochPlan.Rounding, batchSize: Int) async throws {
        let source = SparsePatternSource(batchSize: batchSize, rounding: rounding)
        let batches = try await epochs(source)
        #expect(rounding == .drop && batchSize == 30 ? batches.isEmpty : batches.count >= 3)
        for batch in batches {
            let plan = source.epochPlan.plan(batch.address)
            let found = SparseRows(batch)
            #expect(found.isClean)
            #expect(found.rows == plan.slots.map { $0.map { elements(of: $0.ordinal) } ?? [] })
            #expect(batch.index == plan.slots.map { $0.map { UInt64($0.ordinal) } ?? .max })
            #expect(batch.pad == plan.pad)
        }
        #expect(try await epochs(source, threads: 1) == batches)
        #expect(try await epochs(source, threads: 5) == batches)
    }

    @Test(
        "rows behind one that is lost move up, whichever rows are lost",
        arguments: [[0], [3], [7], [3, 7, 11], [1, 2, 3, 5, 6], Array(0..<23)], [EpochPlan.Rounding.whole, .zeroFill])
    func lost(bad: [Int], rounding: EpochPlan.Rounding) async throws {
        let source = SparsePatternSource(batchSize: 6, rounding: rounding, badRecords: Set(bad), policy: .skip)
        for batch in try await epochs(source) {
            let plan = source.epochPlan.plan(batch.address)
            var ordinals: [Int?] = []
            for slot in plan.slots where !(slot.map { bad.contains($0.ordinal) } ?? false) {
                ordinals.append(slot?.ordinal)
            }
            ordinals += [Int?](repeating: nil, count: 6 - ordinals.count)
            let found = SparseRows(batch)
            #expect(found.isClean)
            #expect(found.rows == ordinals.map { $0.map(elements) ?? [] })
            #expect(batch.index == ordinals.map { $0.map { UInt64($0) } ?? .max })
            let lost = plan.slots.count { slot in
                slot.map { bad.contains($0.ordinal) && !$0.isPadding } ?? false
            }
            #expect(batch.pad == plan.pad + lost)
        }
    }
}

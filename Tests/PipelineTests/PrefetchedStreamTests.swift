import DataTypes
import Pipeline
import Synchronization
import TestSupport
import Testing

struct PrefetchedStreamTests {
    private func epochs(_ source: PatternSource, threads: Int, count: Int = 3) async throws -> [[BatchCopy]] {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        defer { stream.close() }
        var result: [[BatchCopy]] = []
        for _ in 0..<count {
            result.append(try await stream.restOfEpoch())
            _ = stream.reset()
        }
        return result
    }

    @Test("1, 2 and 8 threads give the same bytes, for any task size", arguments: [1, 3, 100])
    func threadsDoNotMatter(slotsPerTask: Int) async throws {
        let one = try await epochs(PatternSource(slotsPerTask: slotsPerTask), threads: 1)
        #expect(one.map(\.count) == [6, 6, 6])
        #expect(one[0] != one[1])
        for threads in [2, 8] {
            #expect(try await epochs(PatternSource(slotsPerTask: slotsPerTask), threads: threads) == one)
        }
    }

    @Test("every byte is the source's, padding rows and indexes too")
    func bytesAreTheSources() async throws {
        let source = PatternSource(rounding: .zeroFill)
        for batch in try await epochs(source, threads: 2, count: 1)[0] {
            let plan = source.epochPlan.plan(batch.address)
            #expect(batch.pad == plan.pad)
            for (row, slot) in plan.slots.enumerated() {
                let bytes = Array(batch.tensors[0][row * 5..<row * 5 + 5])
                #expect(bytes == (0..<5).map { column in slot.map { PatternSource.value($0, column) } ?? 0 })
                #expect(batch.index[row] == slot.map { UInt64($0.ordinal) } ?? .max)
            }
        }
    }

    @Test("seeking to any step gives what an uninterrupted run had there")
    func seekIsExact() async throws {
        let whole = try await epochs(PatternSource(), threads: 2)
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: PatternSource(), start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        for (epoch, step) in [(2, 5), (0, 0), (1, 3), (1, 6), (0, 2)] {
            try stream.seek(to: BatchAddress(epoch: epoch, step: step))
            #expect(try await stream.restOfEpoch() == Array(whole[epoch][step...]))
            _ = stream.reset()
            #expect(stream.position == BatchAddress(epoch: epoch + 1, step: 0))
        }
        #expect(throws: StreamError.self) { try stream.seek(to: BatchAddress(epoch: 0, step: 7)) }
        #expect(throws: StreamError.self) { try stream.seek(to: BatchAddress(epoch: -1, step: 0)) }
        #expect(throws: StreamError.self) { try stream.seek(to: BatchAddress(epoch: .max, step: 0)) }
        stream.close()
    }

    @Test("a reset in mid-epoch is a clean start of the next")
    func resetInMidEpoch() async throws {
        let whole = try await epochs(PatternSource(), threads: 2)
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: PatternSource(), start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        _ = try await stream.nextEvent()
        _ = stream.reset()
        #expect(try await stream.restOfEpoch() == whole[1])
        stream.close()
    }

    @Test("no more is prepared than the prefetch, however long the consumer takes")
    func prefetchIsABound() async throws {
        let source = PatternSource(records: 64, prefetch: 2)
        let pool = WorkerPool(threads: 2)
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        // One batch is taken and one prepared behind it, again and again; then the consumer is in a hurry and has to wait for the
        // second that it wants. From then on two are prepared.
        for _ in 0..<3 {
            _ = try await stream.nextEvent()
            while stream.statistics.queueDepth < 1 { await Task.yield() }
        }
        #expect(stream.statistics.queueCapacity == 1)
        _ = try await stream.nextEvent()
        _ = try await stream.nextEvent()
        while stream.statistics.queueDepth < stream.statistics.queueCapacity { await Task.yield() }
        pool.shutDown()
        // The second is not waited for when the workers were quicker than this task.
        #expect([1, 2].contains(stream.statistics.queueCapacity))
        #expect(source.executed.load(ordering: .relaxed) == (5 + stream.statistics.queueCapacity) * 4)
        #expect(
            stream.statistics.memoryBytes <= stream.info.slabCount * source.info.layout.payloadBytes)
    }

    @Test("a consumer that keeps its batches gets no slab twice")
    func keptBatchesStayIntact() async throws {
        let whole = try await epochs(PatternSource(), threads: 2, count: 1)[0]
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: PatternSource(), start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        var kept: [DataBatch] = []
        for _ in 0..<5 {
            if case .batch(let batch) = try await stream.nextEvent() { kept.append(batch) }
        }
        #expect(kept.map(BatchCopy.init) == Array(whole[..<5]))
        kept = []
        #expect(try await stream.restOfEpoch() == Array(whole[5...]))
        stream.close()
    }

    @Test("policy error: the epoch ends at the bad record and the next one can begin")
    func policyError() async throws {
        let source = PatternSource(records: 8, order: .sequential, badRecords: [5])
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        guard case .batch = try await stream.nextEvent() else {
            Issue.record("no batch")
            return
        }
        for _ in 0..<2 {
            let error = await #expect(throws: StreamError.self) { _ = try await stream.nextEvent() }
            #expect(error?.code == .badRecord && error?.message.contains("record 5 at byte 8") == true)
        }
        #expect(stream.reset() == BatchAddress(epoch: 1, step: 0))
        guard case .batch(let batch) = try await stream.nextEvent() else {
            Issue.record("no batch")
            return
        }
        #expect(batch.address == BatchAddress(epoch: 1, step: 0))
        stream.close()
    }

    @Test("policy skip: rows move up, nothing of the bad row shows, pad is true")
    func policySkip() async throws {
        let source = PatternSource(records: 8, order: .sequential, badRecords: [1, 2], policy: .skip)
        let batches = try await epochs(source, threads: 2, count: 1)[0]
        #expect(batches[0].pad == 2)
        #expect(batches[0].index == [0, 3, .max, .max])
        #expect(batches[0].badRecords.map(\.ordinal) == [1, 2])
        #expect(Array(batches[0].tensors[0][10...]) == [UInt8](repeating: 0, count: 10))
        let third = Slot(ordinal: 3, epoch: 0, lap: 0, isPadding: false)
        #expect(Array(batches[0].tensors[0][5..<10]) == (0..<5).map { PatternSource.value(third, $0) })
        #expect(batches[1].pad == 0)
    }

    @Test("policy substitute: the batch stays full, repeatably, with good records of the same part")
    func policySubstitute() async throws {
        func run(threads: Int) async throws -> [BatchCopy] {
            let source = PatternSource(records: 8, order: .sequential, badRecords: [1, 2], policy: .substitute)
            return try await epochs(source, threads: threads, count: 1)[0]
        }
        let batches = try await run(threads: 1)
        #expect(batches[0].pad == 0 && batches[0].badRecords.count == 2)
        #expect(batches[0].index.allSatisfy { $0 < 8 && $0 != 1 && $0 != 2 })
        #expect(try await run(threads: 8) == batches)
    }

    @Test("a data set with nothing good in it substitutes nothing and ends")
    func nothingGood() async throws {
        let source = PatternSource(records: 4, badRecords: [0, 1, 2, 3], policy: .substitute)
        let batches = try await epochs(source, threads: 2, count: 1)[0]
        #expect(batches[0].pad == 4 && batches[0].index == [.max, .max, .max, .max])
    }

    @Test("an empty source is at its epoch's end at once")
    func emptySource() async throws {
        #expect(try await epochs(PatternSource(records: 0), threads: 1) == [[], [], []])
    }

    @Test("streams share the pool by weight, and a heavy one does not starve a light one")
    func fairness() async throws {
        let pool = WorkerPool(threads: 1)
        defer { pool.shutDown() }
        // The heavy stream's tasks cost twenty times as much, and it was there first.
        let heavy = PatternSource(records: 4000, batchSize: 40, prefetch: 8, spinNanoseconds: 200_000)
        let light = PatternSource(records: 4000, batchSize: 40, prefetch: 8, spinNanoseconds: 10_000)
        let first = PrefetchedStream(
            source: heavy, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        let second = PrefetchedStream(
            source: light, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        for _ in 0..<60 { _ = try await second.nextEvent() }
        // 2,400 light rows are 24 ms of work, as much as 120 heavy rows; in turn by rows it would have been 2,400.
        #expect(heavy.executed.load(ordering: .relaxed) < 400)
        first.close()
        second.close()
    }

    @Test("closing at any moment calls onClose once and drops what is under way", arguments: 0..<20)
    func closing(batchesTaken: Int) async throws {
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let counter = Counter()
        let stream = PrefetchedStream(
            source: PatternSource(), start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator()
        ) { counter.count.add(1, ordering: .relaxed) }
        for _ in 0..<batchesTaken % 6 { _ = try await stream.nextEvent() }
        stream.close()
        stream.close()
        let error = await #expect(throws: StreamError.self) { _ = try await stream.nextEvent() }
        #expect(error?.message == "the stream is closed")
        #expect(counter.count.load(ordering: .relaxed) == 1)
    }

    private final class Counter: Sendable {
        let count = Atomic(0)
    }
}

import DataTypes
import Glibc
import Pipeline
import Synchronization
import TestSupport
import Testing

/// Streams moved, dropped and closed at random while workers are at their batches.
struct StreamStressTests {
    /// Compares a batch with what its plan says, byte by byte.
    private static func isTrue(_ batch: BatchCopy, _ source: PatternSource) -> Bool {
        let plan = source.epochPlan.plan(batch.address)
        return batch.pad == plan.pad
            && plan.slots.enumerated().allSatisfy { row, slot in
                guard let slot else { return false }
                let bytes = batch.tensors[0][row * 5..<row * 5 + 5]
                return batch.index[row] == UInt64(slot.ordinal)
                    && bytes.elementsEqual((0..<5).map { PatternSource.value(slot, $0) })
            }
    }

    /// What went wrong, from any thread.
    private final class Faults: Sendable {
        let found = Mutex<[String]>([])
        func add(_ text: String) { found.withLock { $0.append(text) } }
    }

    /// Moves one stream about; every answer is checked against the position it was asked at.
    private static func drive(_ pool: WorkerPool, seed: Int64, steps: Int, _ faults: Faults) async throws {
        let source = PatternSource(slotsPerTask: seed % 2 == 0 ? 1 : 3, spinNanoseconds: seed % 3 == 0 ? 5_000 : 0)
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        var random = KeyedRandom(seed: seed, epoch: 0, record: 0)
        var kept: [(batch: DataBatch, copy: BatchCopy)] = []
        for _ in 0..<steps {
            let position = stream.position
            switch random.integer(0, 9) {
            case 0...5:
                switch try await stream.nextEvent() {
                case .batch(let batch):
                    let copy = BatchCopy(batch)
                    if batch.address != position || !isTrue(copy, source) { faults.add("wrong batch at \(position)") }
                    // Three slabs with the slow consumer leave two for the stream to go on with.
                    kept.append((batch, copy))
                    if kept.count > 3 { kept.remove(at: random.integer(0, 3)) }
                case .epochEnd(let epoch, let count):
                    if position != BatchAddress(epoch: epoch, step: count) { faults.add("early end at \(position)") }
                    _ = stream.reset()
                }
            case 6:
                // Asks and moves on without waiting. The answer may come all the same, but then it is the right one.
                stream.next { result in
                    guard case .success(.batch(let batch)) = result else { return }
                    if batch.address != position || !isTrue(BatchCopy(batch), source) {
                        faults.add("wrong late batch at \(position)")
                    }
                }
                _ = stream.reset()
            case 7:
                stream.next { _ in }
                try stream.seek(to: position)
            case 8:
                let epoch = random.integer(0, 5)
                try stream.seek(
                    to: BatchAddress(epoch: epoch, step: random.integer(0, stream.stepCount(epoch: epoch))))
            default:
                if stream.reset() != BatchAddress(epoch: position.epoch + 1, step: 0) { faults.add("wrong reset") }
            }
        }
        for (batch, copy) in kept where BatchCopy(batch) != copy { faults.add("a kept batch changed") }
        stream.next { _ in }
        stream.close()
    }

    @Test("random next, reset, seek and close with a consumer that keeps batches", .timeLimit(.minutes(10)))
    func randomMoves() async throws {
        let pool = WorkerPool(threads: 3)
        defer { pool.shutDown() }
        let faults = Faults()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<6 {
                group.addTask { try await Self.drive(pool, seed: Int64(seed), steps: 1500, faults) }
            }
            try await group.waitForAll()
        }
        #expect(faults.found.withLock { $0 } == [])
    }

    @Test("streams opened and closed at once leave no work behind", .timeLimit(.minutes(10)))
    func churn() async throws {
        let pool = WorkerPool(threads: 3)
        defer { pool.shutDown() }
        await withTaskGroup(of: Void.self) { group in
            for seed in 0..<4 {
                group.addTask {
                    for round in 0..<200 {
                        let stream = PrefetchedStream(
                            source: PatternSource(prefetch: 1 + (seed + round) % 5),
                            start: BatchAddress(epoch: round, step: 0), pool: pool, allocator: HeapSlabAllocator())
                        stream.next { _ in }
                        // Closed, or let go of unclosed.
                        if round % 3 > 0 { stream.close() }
                    }
                }
            }
        }
        while pool.hasWork { await Task.yield() }
    }

    /// Counts the slabs that are alive.
    private final class CountingAllocator: SlabAllocator {
        let alive = Atomic(0)

        func allocate(byteCount: Int) -> Slab {
            alive.add(1, ordering: .relaxed)
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
            unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
            // The slab is the only owner of the memory.
            return unsafe Slab(bytes: bytes, owner: nil) { [self] in
                unsafe $0.deallocate()
                alive.subtract(1, ordering: .relaxed)
            }
        }
    }

    @Test("closed streams give back the slabs of batches that were still waiting", .timeLimit(.minutes(10)))
    func closeGivesMemoryBack() async throws {
        let pool = WorkerPool(threads: 1)
        defer { pool.shutDown() }
        let allocator = CountingAllocator()
        let source = PatternSource(records: 64, spinNanoseconds: 2_000_000)
        let streams = (0..<8).map { _ in
            PrefetchedStream(source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: allocator)
        }
        while source.executed.load(ordering: .relaxed) == 0 { await Task.yield() }
        #expect(allocator.alive.load(ordering: .relaxed) == 8)
        for stream in streams { stream.close() }
        while allocator.alive.load(ordering: .relaxed) > 0 { await Task.yield() }
        // Still held: the memory does not wait for them.
        #expect(streams.allSatisfy { $0.statistics.batches == 0 })
    }

    /// A storage that answers nothing before it is opened.
    private final class SlowSource: BatchSource {
        let pattern = PatternSource(records: 1024, prefetch: 64)
        let isOpen = Atomic(false)
        let asked = Atomic(0)

        var info: StreamInfo { pattern.info }
        var epochPlan: EpochPlan { pattern.epochPlan }
        var badRecordPolicy: BadRecordPolicy { pattern.badRecordPolicy }
        var slotsPerTask: Int { pattern.slotsPerTask }

        func readAhead(_ plan: BatchPlan) {
            asked.add(1, ordering: .relaxed)
            while !isOpen.load(ordering: .relaxed) { sched_yield() }
        }

        func execute(
            _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
        ) throws(BadRecord) {
            // Or the decoder would begin as many batches as it finds the time for, and each announces another.
            while !isOpen.load(ordering: .relaxed) { sched_yield() }
            try pattern.execute(slot, row: row, into: slab, worker: worker, times: &times)
        }
    }

    @Test(
        "the storage is not asked for what streams have moved away from", .timeLimit(.minutes(10)),
        arguments: ["seek", "reset", "close"])
    func oldAnnouncements(way: String) async throws {
        let pool = WorkerPool(threads: 1, readers: 1)
        defer { pool.shutDown() }
        let source = SlowSource()
        func open() -> PrefetchedStream {
            PrefetchedStream(
                source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        }
        var stream = open()
        for epoch in 1...100 {
            switch way {
            case "seek": try stream.seek(to: BatchAddress(epoch: epoch, step: 0))
            case "reset": _ = stream.reset()
            default:
                stream.close()
                stream = open()
            }
        }
        source.isOpen.store(true, ordering: .relaxed)
        guard case .batch(let batch) = try await stream.nextEvent() else {
            Issue.record("there is no batch")
            return
        }
        #expect(batch.address == BatchAddress(epoch: way == "close" ? 0 : 100, step: 0))
        // Of the first place what the reader was at, of the last all, and one for each batch that was begun.
        #expect(source.asked.load(ordering: .relaxed) <= 1 + 64 + 4)
        stream.close()
    }

    @Test("a reset behind the last epoch is the end of the run", .timeLimit(.minutes(10)))
    func lastEpoch() async throws {
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: PatternSource(), start: BatchAddress(epoch: EpochPlan.maxEpoch, step: 4), pool: pool,
            allocator: HeapSlabAllocator())
        #expect(try await stream.restOfEpoch().map(\.address.step) == [4, 5])
        for further in 1...2 {
            let epoch = EpochPlan.maxEpoch + further
            #expect(stream.reset() == BatchAddress(epoch: epoch, step: 0))
            guard case .epochEnd(epoch, 0) = try await stream.nextEvent() else {
                Issue.record("there is something behind the last epoch")
                return
            }
        }
        stream.close()
    }

    @Test("an error is counted once, however often it is asked for", .timeLimit(.minutes(10)))
    func errorsAreCounted() async throws {
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: PatternSource(records: 8, order: .sequential, badRecords: [1]),
            start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        for _ in 0..<3 { await #expect(throws: StreamError.self) { _ = try await stream.nextEvent() } }
        #expect(stream.statistics.badRecords == 1)
        stream.close()
    }
}

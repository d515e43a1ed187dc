import DataTypes
import Glibc
import Pipeline
import Synchronization
import TestSupport
import Testing

/// A stall shows as the time limit.
@Suite("the decode threads", .timeLimit(.minutes(10))) struct WorkerPoolTests {
    /// Rows that say they waited for the storage while it is slow, and do wait for it.
    private final class StorageSource: BatchSource {
        let rows = PatternSource(records: 64, batchSize: 16, prefetch: 1)
        let isSlow = Atomic(false)

        var info: StreamInfo { rows.info }
        var epochPlan: EpochPlan { rows.epochPlan }
        var badRecordPolicy: BadRecordPolicy { rows.badRecordPolicy }
        var slotsPerTask: Int { 1 }

        func readAhead(_ plan: BatchPlan) {}

        func execute(
            _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
        ) throws(BadRecord) {
            let begin = monotonicNanoseconds()
            // The storage's time, not a wait for an event.
            usleep(isSlow.load(ordering: .relaxed) ? 10_000 : 100)
            if isSlow.load(ordering: .relaxed) { times.read += monotonicNanoseconds() - begin }
            try rows.execute(slot, row: row, into: slab, worker: worker, times: &times)
        }
    }

    @Test(
        "a client at its share goes on when the thread that works for it is one too many, as the storage is quick again",
        arguments: [50, 100])
    func fewerThreads(share: Int) async throws {
        let pool = WorkerPool(threads: 2, limit: 16, clientSharePercent: share)
        let source = StorageSource()
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        for _ in 0..<3 {
            source.isSlow.store(true, ordering: .relaxed)
            while pool.threadUse.active < 12 { try await next(stream) }
            source.isSlow.store(false, ordering: .relaxed)
            while pool.threadUse.active > 2 { try await next(stream) }
        }
        stream.close()
        pool.shutDown()
    }

    private func next(_ stream: PrefetchedStream) async throws {
        if case .epochEnd = try await stream.nextEvent() { _ = stream.reset() }
    }
}

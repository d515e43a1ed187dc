import DataTypes
import Glibc
import Pipeline
import TestSupport
import Testing

@testable import Iterators

/// Rows in random order, kept as numbers or read one by one.
struct DecodedRowsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func withStream<Result>(
        _ path: String, _ more: [String: ParameterValue] = [:], threads: Int = 2,
        caches: CacheBudget = CacheBudget(limitBytes: 1 << 20),
        _ body: (PrefetchedStream) async throws -> Result
    ) async throws -> Result {
        let parameters: [String: ParameterValue] = [
            "data_csv": .string(path), "label_csv": .string(path), "data_shape": .integer(3),
            "label_shape": .integer(3),
            "batch_size": .integer(50), "shuffle": .bool(true), "prefetch_buffer": .integer(1),
        ]
        let source = try IteratorCatalog.kind(named: "CSVIter").open(
            parameters.merging(more) { $1 }, context: IteratorContext(caches: caches))
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        defer { stream.close() }
        return try await body(stream)
    }

    private static func text(_ rows: Range<Int>) -> String { rows.map { "\($0),\($0).25,-\($0)e-1\n" }.joined() }

    @Test("three epochs have the same bytes with and without the memory, on 1 and 4 threads")
    func equalBytes() async throws {
        try folder.write(Self.text(0..<3001), to: "d/a.csv")
        try folder.write(Self.text(3001..<5000), to: "d/b.csv")
        var found: Set<[BatchCopy]> = []
        for (bytes, threads) in [(0, 1), (1 << 20, 1), (1 << 20, 4), (70_000, 4)] {
            let caches = CacheBudget(limitBytes: bytes)
            let epochs = try await withStream(folder.path + "/d/", threads: threads, caches: caches) { stream in
                // 5000 rows of 12 bytes and one, for the data and for the labels, and a byte for each block.
                #expect(caches.usedBytes == (bytes == 0 ? 0 : bytes == 70_000 ? 1 : 2) * (5000 * 13 + 5))
                var batches: [BatchCopy] = []
                for _ in 0..<3 {
                    batches += try await stream.restOfEpoch()
                    _ = stream.reset()
                }
                return batches
            }
            #expect(epochs.count == 300)
            found.insert(epochs)
        }
        #expect(found.count == 1)
    }

    @Test("memory that was taken comes back with the stream")
    func givenBack() async throws {
        let path = try folder.write(Self.text(0..<100), to: "t.csv")
        let memory = MemoryBudget(limitBytes: 3000, limitBytesPerClient: 3000)
        let caches = CacheBudget(limitBytes: 1 << 20, of: memory)
        try await withStream(path, caches: caches) { stream in
            _ = try await stream.restOfEpoch()
            #expect(caches.usedBytes == 2 * 1301 && memory.usedBytes == 2 * 1301)
        }
        // The pool's threads are gone, and with them whatever held the source.
        #expect(caches.usedBytes == 0 && memory.usedBytes == 0)
    }

    @Test("bad rows are named by line and column in every epoch, and their neighbours are good")
    func badRows() async throws {
        let path = try folder.write(Self.text(0..<70) + "\n1,x,3\n" + Self.text(71..<100), to: "t.csv")
        try await withStream(path, ["on_bad_record": .string("skip")]) { stream in
            for _ in 0..<3 {
                let batches = try await stream.restOfEpoch()
                let bad = batches.flatMap(\.badRecords)
                #expect(bad.map(\.message) == ["line 72, column 2: 'x' is not a number"])
                #expect(batches.map(\.pad).reduce(0, +) == 1)
                #expect(Set(batches.flatMap(\.index)).subtracting([.max]) == Set(0..<70).union(71..<100))
                _ = stream.reset()
            }
        }
    }

    @Test("a file cut or overwritten while it is open gives errors and nothing worse", arguments: [0, 1 << 20])
    func changed(memory: Int) async throws {
        for turn in 0..<20 {
            var random = KeyedRandom(seed: 5, epoch: 0, record: UInt64(turn))
            let path = try folder.write(Self.text(0..<2000), to: "t.csv")
            let options: [String: ParameterValue] = [
                "on_bad_record": .string("skip"), "label_csv": .string("NULL"), "label_shape": .integer(1),
            ]
            try await withStream(path, options, caches: CacheBudget(limitBytes: memory)) { stream in
                _ = try await stream.nextEvent()
                if turn % 2 == 0 {
                    #expect(unsafe truncate(path, random.integer(0, 20_000)) == 0)
                } else {
                    // In place, so that the open file is the one that changes.
                    let file = try #require(unsafe fopen(path, "r+"))
                    defer { unsafe fclose(file) }
                    unsafe fseek(file, random.integer(0, 20_000), SEEK_SET)
                    let junk = (0..<4000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    _ = unsafe fwrite(junk, 1, junk.count, file)
                }
                let batches = try await stream.restOfEpoch()
                #expect(batches.count == 39)
                for batch in batches {
                    #expect(batch.badRecords.allSatisfy { ["bad_row", "file_changed"].contains($0.reason) })
                    #expect(batch.badRecords.count <= batch.pad)
                }
            }
        }
    }
}

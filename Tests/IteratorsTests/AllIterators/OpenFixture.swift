import DataTypes
import Iterators
import Pipeline
import TestSupport
import Testing

/// The data of a fixture, and streams over it. Every batch that is read is checked: `index` says what the data says.
struct OpenFixture {
    let fixture: IteratorFixture
    let count: Int
    private let folder: TemporaryFolder
    private let parameters: [String: ParameterValue]

    init(_ fixture: IteratorFixture, count: Int = 23, damaged: Set<Int> = []) throws {
        self.fixture = fixture
        self.count = count
        folder = try TemporaryFolder()
        let basic: [String: ParameterValue] = ["batch_size": .integer(4), "shuffle": .bool(false)]
        parameters = try fixture.write(folder, count, damaged).merging(basic) { $1 }
    }

    var ids: [UInt64] { (0..<count).map(fixture.id) }

    func source(_ changes: [String: ParameterValue]) throws -> any BatchSource {
        try fixture.kind.open(parameters.merging(changes) { $1 }, context: IteratorContext())
    }

    /// Lets `body` read a stream on a pool of its own.
    func withStream<R>(
        _ changes: [String: ParameterValue], threads: Int = 2, _ body: (PrefetchedStream) async throws -> R
    ) async throws -> R {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: try source(changes), start: BatchAddress(epoch: 0, step: 0), pool: pool,
            allocator: HeapSlabAllocator())
        defer { stream.close() }
        return try await body(stream)
    }

    /// Copies of the batches of the first epochs, each checked.
    func epochs(
        _ count: Int, _ changes: [String: ParameterValue], threads: Int = 2
    ) async throws -> [[BatchCopy]] {
        try await withStream(changes, threads: threads) { stream in
            var result: [[BatchCopy]] = []
            for epoch in 0..<count {
                let batches = try await stream.restOfEpoch()
                #expect(batches.count == stream.stepCount(epoch: epoch))
                #expect(batches.map(\.address) == batches.indices.map { BatchAddress(epoch: epoch, step: $0) })
                for batch in batches { check(batch) }
                result.append(batches)
                _ = stream.reset()
            }
            return result
        }
    }

    /// The ids of the rows that are data of the epoch.
    func data(_ batches: [BatchCopy]) -> [UInt64] { batches.flatMap { $0.index.dropLast($0.pad) } }

    /// Every row holds the record that `index` names, or nothing at all.
    private func check(_ batch: BatchCopy) {
        for ((row, id), bytes) in zip(batch.index.enumerated(), fixture.rows(batch)) {
            if id == .max {
                #expect(row >= batch.index.count - batch.pad && bytes.joined().allSatisfy { $0 == 0 })
            } else {
                let found = fixture.records(bytes)
                #expect(found.map(fixture.id).allSatisfy { $0 == id }, "index \(id), data \(found), \(batch.address)")
            }
        }
    }
}

import DataTypes
import Iterators
import Pipeline

/// A stream in this process: the daemon's pipeline without the daemon.
struct LocalStream {
    let stream: PrefetchedStream
    private let pool: WorkerPool

    /// - Parameters:
    ///   - threads: decode threads.
    ///   - cacheDirectory: where results of scans are kept; nil: nowhere.
    init(
        iterator: String, parameters: [String: ParameterValue], threads: Int, cacheDirectory: String? = nil
    ) throws {
        let source = try IteratorCatalog.kind(named: iterator).open(
            parameters, context: IteratorContext(cacheDirectory: cacheDirectory))
        for warning in source.info.warnings { report("warning: \(warning)") }
        pool = WorkerPool(threads: threads)
        stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
    }

    /// The next batch, or nil at the end of the epoch.
    func next() async throws -> DataBatch? {
        let stream = stream
        let event: StreamEvent = try await withCheckedThrowingContinuation { continuation in
            stream.next { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
        guard case .batch(let batch) = event else { return nil }
        return batch
    }

    func close() {
        stream.close()
        pool.shutDown()
    }
}

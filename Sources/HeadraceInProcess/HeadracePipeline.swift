internal import DataTypes
internal import Dispatch
internal import Glibc
public import HeadraceClient
internal import Iterators
internal import Pipeline

/// The daemon's iterators and decode threads in this process: the same streams without a daemon.
///
/// ```swift
/// let pipeline = HeadracePipeline(threads: 4)
/// let stream = try await pipeline.open(
///     iterator: "ImageRecordIter",
///     parameters: ["path_imgrec": "train.rec", "data_shape": [3, 224, 224], "batch_size": 128])
/// for try await batch in stream { train(batch.data[0].span(as: Float.self)) }
/// ```
///
/// All streams of a pipeline share its threads fairly. Memory: a stream has `prefetch_buffer` + 2 batches beside those that
/// the caller holds; nothing limits their sum, as the daemon's configuration would.
public final class HeadracePipeline: Sendable {
    private let pool: WorkerPool
    private let context: IteratorContext
    private let onNotice: (@Sendable (HeadraceNotice) -> Void)?

    /// - Parameters:
    ///   - threads: decode threads; by default as many as there are processors.
    ///   - cacheDirectory: where results of index scans are kept for the next time; nil: nowhere.
    ///   - onNotice: called for every record that could not be delivered. Must not block.
    public init(
        threads: Int? = nil, cacheDirectory: String? = nil, onNotice: (@Sendable (HeadraceNotice) -> Void)? = nil
    ) {
        pool = WorkerPool(threads: max(1, threads ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        context = IteratorContext(cacheDirectory: cacheDirectory)
        self.onNotice = onNotice
    }

    /// Joining the threads may take as long as a row, and the last reference may go on one of them.
    deinit { DispatchQueue.global().async { [pool] in pool.shutDown() } }

    /// Opens an iterator. Reads indexes, or scans the files.
    ///
    /// - Parameters:
    ///   - parameters: as MXNet names them.
    ///   - arrays: what parameters of `NDArrayIter` name by `reference`. They are copied.
    ///   - token: where to start, from a batch or a stream.
    /// - Throws: `HeadraceError`.
    public func open(
        iterator: String, parameters: [String: HeadraceValue] = [:], arrays: [HeadraceArray] = [], token: String? = nil
    ) async throws -> HeadraceStream {
        var context = context
        for array in arrays {
            context.arrays[array.name] = HandedArray(name: array.name, shape: array.shape, copying: array.bytes)
        }
        let source: any BatchSource = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [context] in
                continuation.resume(
                    with: Result { () throws(StreamError) in
                        try IteratorCatalog.kind(named: iterator).open(
                            parameters.mapValues(\.wire), context: context)
                    }.mapError { HeadraceError($0) as any Error })
            }
        }
        return try InProcessStream.open(source, token: token, pool: pool, keeping: self, onNotice: onNotice)
    }
}

import DataTypes
import ImageCodec
import Iterators
import Pipeline
import RecordIO
import TestSupport

/// A record file of JPEGs of many sizes, each with the labels of one object, and streams over it that share a cache.
struct PictureSet {
    static let count = 22
    let folder: TemporaryFolder
    let context: IteratorContext
    /// The memory that the cache's images take.
    let budget: CacheBudget
    var path: String { folder.path + "/pictures.rec" }

    /// - Parameters:
    ///   - limitBytes: of all images in the cache.
    ///   - damaged: ordinals of pictures of which little more than the header is left.
    ///   - scrambled: ordinals of pictures whose lower end is noise.
    ///   - store: makes the place for images on disk, in the set's folder.
    init(
        limitBytes: Int = 1 << 30, damaged: Set<Int> = [], scrambled: Set<Int> = [], variant: Int = 0,
        store: (TemporaryFolder) throws -> DecodedStore? = { _ in nil }
    ) throws {
        folder = try TemporaryFolder()
        budget = CacheBudget(limitBytes: limitBytes)
        context = IteratorContext(decoded: DecodedCache(budget: budget, store: try store(folder)))
        try write(damaged: damaged, scrambled: scrambled, variant: variant)
    }

    /// Writes the file, in place if it is there.
    ///
    /// - Parameter variant: other pictures of the same sizes for each number.
    func write(damaged: Set<Int> = [], scrambled: Set<Int> = [], variant: Int = 0) throws {
        var writer = try RecordWriter(path: path)
        for number in 0..<Self.count {
            var image = try Self.jpeg(number, variant: variant)
            if scrambled.contains(number) {
                // Short of the marker at the end; without bytes that could be one.
                for place in image.count * 4 / 5..<image.count - 2 {
                    image[place] = UInt8(KeyedRandom.mix(UInt64(place)) % 255)
                }
            }
            // Nothing reads what lies behind an image: files of all variants are of one size.
            image += [UInt8](repeating: 0, count: 16_384 - image.count)
            if damaged.contains(number) { image.removeLast(16_384 - 600) }
            try write(number, image, to: &writer)
        }
        try writer.finish()
    }

    private func write(_ number: Int, _ image: [UInt8], to writer: inout RecordWriter) throws {
        let labels: [Float] = [2, 5, Float(number), 0.25, 0.25, 0.75, 0.75]
        let header = ImageRecordHeader(id: UInt64(100 + number))
        try writer.write(header.pack(labels: labels, image: image.span).span)
    }

    private static func jpeg(_ number: Int, variant: Int) throws -> [UInt8] {
        var pixels = PixelBuffer()
        let (width, height) = (number % 2 == 0 ? 57 + 3 * number : 44 + number, number % 2 == 0 ? 41 + number : 70)
        pixels.reshape(width: width, height: height, channels: 3)
        var values = pixels.mutablePixels
        for index in values.indices {
            // Slopes with noise on them, so that no two places look alike.
            let noise = KeyedRandom.mix(UInt64(index + 1_000_003 * (number + 100 * variant))) % 64
            values[index] = UInt8(truncatingIfNeeded: index / 3 % width * 2 + index / (3 * width) + Int(noise))
        }
        return try JPEGEncoder(quality: 90).encode(pixels)
    }

    /// The source of a stream over the pictures, with `more` parameters.
    func source(of iterator: String = "ImageRecordIter", _ more: [String: ParameterValue]) throws -> any BatchSource {
        let basic: [String: ParameterValue] = [
            "path_imgrec": .string(path), "batch_size": .integer(4), "data_shape": .string("(3,32,32)"),
        ]
        let width: [String: ParameterValue] = iterator.contains("Det") ? [:] : ["label_width": .integer(7)]
        return try IteratorCatalog.kind(named: iterator).open(
            basic.merging(width) { $1 }.merging(more) { $1 }, context: context)
    }

    /// Runs `body` with a stream.
    func withStream<Result>(
        of iterator: String = "ImageRecordIter", _ more: [String: ParameterValue], threads: Int = 2,
        _ body: (PrefetchedStream) async throws -> Result
    ) async throws -> Result {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: try source(of: iterator, more), start: BatchAddress(epoch: 0, step: 0), pool: pool,
            allocator: HeapSlabAllocator())
        defer { stream.close() }
        return try await body(stream)
    }

    /// Copies of the batches of the first epochs, and what the stream says of itself then.
    func epochs(
        _ count: Int, of iterator: String = "ImageRecordIter", _ more: [String: ParameterValue], threads: Int = 2
    ) async throws -> (batches: [BatchCopy], statistics: StreamStatistics) {
        try await withStream(of: iterator, more, threads: threads) { stream in
            var batches: [BatchCopy] = []
            for _ in 0..<count {
                batches += try await stream.restOfEpoch()
                _ = stream.reset()
            }
            return (batches, stream.statistics)
        }
    }

    /// Executes every row of one epoch in order, on this thread: nothing is made ahead, so that counts are exact.
    ///
    /// - Returns: what the cache did for it.
    func counts(_ source: any BatchSource, epoch: Int = 0) throws -> (hits: Int, misses: Int) {
        let slab = HeapSlabAllocator().allocate(byteCount: source.info.layout.payloadBytes)
        let worker = WorkerScratch()
        var times = StageTimes()
        for step in 0..<source.epochPlan.stepCount(epoch: epoch) {
            let plan = source.epochPlan.plan(BatchAddress(epoch: epoch, step: step))
            source.readAhead(plan)
            for (row, slot) in plan.slots.enumerated() {
                guard let slot else { continue }
                try source.execute(slot, row: row, into: slab, worker: worker, times: &times)
            }
        }
        return (Int(times.cacheHits), Int(times.cacheMisses))
    }

    /// The same for a stream of its own, which is gone afterwards.
    func counts(of iterator: String = "ImageRecordIter", _ more: [String: ParameterValue]) throws -> (
        hits: Int, misses: Int
    ) {
        var common: [String: ParameterValue] = ["cache": .string("1GiB")]
        if iterator.contains("Record") { common["round_batch"] = .bool(false) }
        return try counts(source(of: iterator, common.merging(more) { $1 }))
    }
}

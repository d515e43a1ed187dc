import DataTypes
import Foundation
import Iterators
import Pipeline
import TestSupport
import Testing

/// Decoded images that are kept: the same bytes, found again, and within their memory.
@Suite("the cache of decoded images", .timeLimit(.minutes(10))) struct DecodedCacheTests {
    /// One way to make samples.
    struct Way: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var iterator = "ImageRecordIter"
        var parameters: [String: ParameterValue]

        init(_ name: String, of iterator: String = "ImageRecordIter", _ parameters: [String: ParameterValue]) {
            testDescription = name
            self.iterator = iterator
            self.parameters = parameters
        }
    }

    static let random: [String: ParameterValue] = [
        "shuffle": .bool(true), "seed": .integer(5), "rand_crop": .bool(true), "rand_mirror": .bool(true),
    ]
    static let objects: [String: ParameterValue] = [
        "shuffle": .bool(true), "seed": .integer(5), "rand_mirror_prob": .number(0.5), "rand_crop_prob": .number(0.5),
        "min_crop_scales": .number(0.5), "rand_pad_prob": .number(0.5), "max_pad_scale": .number(2),
        "random_hue_prob": .number(0.5), "max_random_hue": .integer(20),
    ]

    static let ways: [Way] = [
        Way("resize and random crop", random.merging(["resize": .integer(38)]) { $1 }),
        Way("resize and centre crop", ["resize": .integer(36), "mean_r": .number(12.5), "std_g": .number(3)]),
        Way("random crop of bytes", random.merging(["dtype": .string("uint8")]) { $1 }),
        Way(
            "random area",
            random.merging([
                "rand_crop": .bool(false), "random_resized_crop": .bool(true), "min_random_area": .number(0.1),
                "max_aspect_ratio": .number(1.3),
                "min_aspect_ratio": .number(0.7),
            ]) { $1 }),
        Way("area kernel", random.merging(["resize": .integer(35), "inter_method": .integer(3)]) { $1 }),
        Way("a kernel by size", random.merging(["resize": .integer(60), "inter_method": .integer(9)]) { $1 }),
        Way("a random kernel", random.merging(["resize": .integer(36), "inter_method": .integer(10)]) { $1 }),
        Way(
            "rotation behind a resize",
            random.merging(["resize": .integer(40), "max_rotate_angle": .integer(30)]) { $1 }),
        Way(
            "colour and a border",
            random.merging(["hue": .number(0.2), "brightness": .number(0.3), "pad": .integer(5)]) { $1 }),
        Way("gray", random.merging(["data_shape": .string("(1,30,28)"), "resize": .integer(33)]) { $1 }),
        Way("enlarging", random.merging(["data_shape": .string("(3,96,100)")]) { $1 }),
        Way("channels last", random.merging(["layout": .string("NHWC"), "dtype": .string("float16")]) { $1 }),
        Way("carrying over", ["resize": .integer(36), "round_batch": .bool(true), "rand_crop": .bool(true)]),
        Way("objects", of: "ImageDetRecordIter", objects),
        Way("objects behind a resize", of: "ImageDetRecordIter", objects.merging(["resize": .integer(50)]) { $1 }),
        Way(
            "objects, shrunk", of: "ImageDetRecordIter",
            objects.merging(["resize": .integer(37), "resize_mode": .string("shrink")]) { $1 }),
        Way(
            "augmenters", of: "ImageIter",
            ["rand_crop": .bool(true), "resize": .integer(36), "rand_mirror": .bool(true), "shuffle": .bool(true)]),
        Way(
            "objects and augmenters", of: "ImageDetIter",
            ["rand_mirror": .bool(true), "rand_crop": .number(0.5), "shuffle": .bool(true)]),
    ]

    @Test("no byte differs without it, with it, and with one that is too small", arguments: ways)
    func sameBytes(way: Way) async throws {
        let plain = try PictureSet()
        let expected = try await plain.epochs(3, of: way.iterator, way.parameters, threads: 1).batches
        #expect(expected.count >= 15)
        for (memory, disk) in [(1 << 30, 0), (40_000, 0), (0, 1 << 30), (40_000, 80_000)] {
            for threads in [1, 3] {
                let pictures = try PictureSet { folder in
                    try DecodedStore(
                        directory: folder.path, budget: CacheBudget(limitBytes: 1 << 30),
                        memory: CacheBudget(limitBytes: 1 << 20))
                }
                let limits: [String: ParameterValue] = ["cache": .integer(memory), "cache_disk": .integer(disk)]
                let parameters = way.parameters.merging(limits) { $1 }
                let (batches, statistics) = try await pictures.epochs(
                    3, of: way.iterator, parameters, threads: threads)
                #expect(batches == expected)
                #expect(statistics.cacheHits > 0 && statistics.cacheMisses > 0)
                // A second stream finds what the first has left.
                let again = try await pictures.epochs(3, of: way.iterator, parameters, threads: threads)
                #expect(again.batches == expected)
                #expect(again.statistics.cacheHits > 0)
            }
        }
    }

    @Test("the hash of the parameters does not depend on it")
    func specHash() throws {
        let pictures = try PictureSet()
        let source = try pictures.source(["cache": .string("2GiB")])
        #expect(try source.info.specHash == pictures.source([:]).info.specHash)
        #expect(source.info.parameters["cache"] == .integer(2 << 30))
    }

    @Test("every image is decoded once")
    func once() throws {
        let pictures = try PictureSet()
        let source = try pictures.source(Self.random.merging(["cache": .string("1GiB")]) { $1 })
        // The last batch is filled with two records that came before.
        #expect(try pictures.counts(source) == (2, PictureSet.count))
        #expect(try pictures.counts(source, epoch: 1) == (24, 0))
        #expect(source.cacheBytes > 0 && source.cacheBytes == pictures.budget.usedBytes)
    }

    @Test("what has room stays, and what has none never drives it out", arguments: [30_000, 100_000, 200_000])
    func tooSmall(bytes: Int) throws {
        let pictures = try PictureSet()
        let source = try pictures.source(["cache": .integer(bytes), "round_batch": .bool(false)])
        #expect(try pictures.counts(source) == (0, PictureSet.count))
        let (hits, misses) = try pictures.counts(source, epoch: 1)
        #expect(hits > 0 && misses > 0 && hits + misses == PictureSet.count)
        for epoch in 2..<5 { #expect(try pictures.counts(source, epoch: epoch) == (hits, misses)) }
        #expect(source.cacheBytes <= bytes)
    }

    @Test("streams share what they decode alike, and nothing else")
    func sharing() throws {
        let pictures = try PictureSet()
        let (none, all) = ((0, PictureSet.count), (PictureSet.count, 0))
        func counts(_ parameters: [String: ParameterValue]) throws -> (hits: Int, misses: Int) {
            try pictures.counts(parameters)
        }
        #expect(try counts(["resize": .integer(40)]) == none)
        // Crop, mirror, colour, number format and order come behind.
        #expect(
            try counts(
                Self.random.merging(["resize": .integer(40), "dtype": .string("uint8"), "hue": .number(0.1)]) { $1 })
                == all)
        #expect(try pictures.counts(of: "ImageDetRecordIter", ["resize": .integer(40)]) == all)
        #expect(try counts(["resize": .integer(41)]) == none)
        #expect(try counts(["resize": .integer(40), "inter_method": .integer(3)]) == none)
        #expect(try counts(["resize": .integer(40), "on_truncated": .string("fill")]) == none)
        #expect(try counts(["resize": .integer(40), "data_shape": .string("(1,32,32)")]) == none)
        #expect(try counts([:]) == none)
        // ImageIter keeps them as they were decoded, and turns no picture that begins as JFIF upright.
        #expect(try pictures.counts(of: "ImageIter", ["resize": .integer(40)]).misses == PictureSet.count)
        #expect(try pictures.counts(of: "ImageDetIter", [:]).misses == 0)
        // With a kernel by chance the image is kept as it was decoded.
        #expect(try counts(["resize": .integer(40), "inter_method": .integer(10)]) == all)
    }

    @Test("a hit reads nothing of the file")
    func noRead() async throws {
        let pictures = try PictureSet()
        let expected = try await pictures.epochs(2, Self.random).batches
        let whole = Self.random.merging(["cache": .string("1GiB")]) { $1 }
        try await pictures.withStream(whole) { stream in
            let first = try await stream.restOfEpoch()
            // Emptied under the stream: whoever reads now finds that the file has changed.
            let file = try #require(FileHandle(forWritingAtPath: pictures.path))
            try file.truncate(atOffset: 0)
            try file.close()
            _ = stream.reset()
            #expect(try await first + stream.restOfEpoch() == expected)
        }
    }

    @Test("a file that was changed is another, also when size and time of modification are as before")
    func changedFile() throws {
        let pictures = try PictureSet()
        #expect(try pictures.counts([:]) == (0, PictureSet.count))
        #expect(try pictures.counts([:]) == (PictureSet.count, 0))
        let before = try FileManager.default.attributesOfItem(atPath: pictures.path)
        let time = try #require(before[.modificationDate] as? Date)
        // In place, so that it stays the same inode.
        let handle = try #require(FileHandle(forWritingAtPath: pictures.path))
        try handle.write(contentsOf: PictureSet(variant: 1).folder.read("pictures.rec"))
        try handle.close()
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: pictures.path)
        let after = try FileManager.default.attributesOfItem(atPath: pictures.path)
        #expect(after[.size] as? Int == before[.size] as? Int)
        #expect(after[.systemFileNumber] as? Int == before[.systemFileNumber] as? Int)
        #expect(try pictures.counts([:]) == (0, PictureSet.count))
    }

    @Test("a damaged image is never kept, and is as bad in every epoch", arguments: ["skip", "substitute"])
    func damaged(policy: String) async throws {
        let damaged: Set<Int> = [3, 4, 17]
        let parameters: [String: ParameterValue] = ["on_bad_record": .string(policy), "round_batch": .bool(false)]
        let plain = try PictureSet(damaged: damaged)
        let expected = try await plain.epochs(2, parameters).batches
        let pictures = try PictureSet(damaged: damaged)
        func withoutPlaces(_ batches: [BatchCopy]) -> [BatchCopy] {
            batches.map { BatchCopy(address: $0.address, pad: $0.pad, tensors: $0.tensors) }
        }
        let (batches, statistics) = try await pictures.epochs(2, parameters.merging(["cache": .string("1GiB")]) { $1 })
        #expect(withoutPlaces(batches) == withoutPlaces(expected))
        #expect(batches.flatMap(\.badRecords).map(\.ordinal) == expected.flatMap(\.badRecords).map(\.ordinal))
        #expect(statistics.cacheHits >= UInt64(PictureSet.count - damaged.count))
    }

    @Test(
        "damage that a sample does not show does not matter, kept or not", arguments: ["ImageRecordIter", "ImageIter"])
    func hiddenDamage(iterator: String) async throws {
        let scrambled: Set<Int> = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21]
        let parameters = ["on_bad_record": ParameterValue.string("skip"), "data_shape": .string("(3,24,24)")].merging(
            iterator == "ImageIter" ? ["rand_crop": .bool(true)] : Self.random
        ) { $1 }
        func bad(_ batches: [BatchCopy]) -> [Int] { batches.flatMap(\.badRecords).map(\.ordinal).sorted() }
        let expected = try await PictureSet(scrambled: scrambled).epochs(4, of: iterator, parameters).batches
        // Some crops reach into the noise, some do not.
        #expect(!bad(expected).isEmpty && bad(expected).count < 4 * scrambled.count)
        let kept = try await PictureSet(scrambled: scrambled).epochs(
            4, of: iterator, parameters.merging(["cache": .string("1GiB")]) { $1 })
        #expect(kept.batches.map(\.tensors) == expected.map(\.tensors))
        #expect(bad(kept.batches) == bad(expected))
        #expect(kept.statistics.cacheHits > 0)
    }

    @Test("another number of labels is refused from the cache too")
    func labels() async throws {
        let pictures = try PictureSet()
        let parameters: [String: ParameterValue] = ["cache": .string("1GiB"), "round_batch": .bool(false)]
        _ = try await pictures.epochs(1, parameters)
        await #expect(throws: StreamError.self) {
            try await pictures.epochs(1, parameters.merging(["label_width": .integer(3)]) { $1 })
        }
    }

    @Test("labels of a list take the place of the kept ones")
    func list() async throws {
        let pictures = try PictureSet()
        let parameters: [String: ParameterValue] = ["cache": .string("1GiB"), "round_batch": .bool(false)]
        _ = try await pictures.epochs(1, parameters)
        let lines = (0..<PictureSet.count).map { "\(100 + $0)\t\(2 * $0)\tx.jpg\n" }
        let listed: [String: ParameterValue] = [
            "path_imglist": .string(try pictures.folder.write(lines.joined(), to: "l.lst")), "label_width": .integer(1),
        ]
        let (batches, statistics) = try await pictures.epochs(1, parameters.merging(listed) { $1 })
        #expect(statistics.cacheMisses == 0)
        var labels: [Float] = []
        for batch in batches { labels += batch.labels.dropLast(batch.pad) }
        let expected: [Float] = (0..<PictureSet.count).map { Float(2 * $0) }
        #expect(labels == expected)
    }

    @Test("images that no stream uses make room, those out of use longest first; those in use stay")
    func eviction() throws {
        let (none, all) = ((0, PictureSet.count), (PictureSet.count, 0))
        let probe = try PictureSet()
        let source = try probe.source(["cache": .string("1GiB"), "resize": .integer(40)])
        _ = try probe.counts(source)
        let one = source.cacheBytes

        // Room for two sets of three.
        let pictures = try PictureSet(limitBytes: one * 5 / 2)
        func counts(_ edge: Int) throws -> (hits: Int, misses: Int) { try pictures.counts(["resize": .integer(edge)]) }
        #expect(try counts(40) == none)
        #expect(try counts(39) == none)
        // Both are still there.
        #expect(try counts(40) == all)
        #expect(try counts(39) == all)
        // The third takes the place of the one out of use longest.
        #expect(try counts(38) == none)
        #expect(pictures.budget.usedBytes <= pictures.budget.limitBytes)
        #expect(try counts(38) == all)
        #expect(try counts(39) == all)

        // While a stream has a set, another finds only the room that is left, and the first loses nothing.
        let small = try PictureSet(limitBytes: one * 3 / 2)
        let first = try small.source(["cache": .string("1GiB"), "resize": .integer(40), "round_batch": .bool(false)])
        #expect(try small.counts(first) == none)
        #expect(try small.counts(["resize": .integer(45)]) == none)
        let second = try small.counts(["resize": .integer(45)])
        #expect(second.hits > 0 && second.misses > 0)
        #expect(small.budget.usedBytes <= small.budget.limitBytes)
        #expect(try small.counts(first, epoch: 1) == all)
    }

    @Test("all memory is given back with the cache, and on demand")
    func givenBack() async throws {
        let memory = MemoryBudget(limitBytes: 1 << 30, limitBytesPerClient: 1 << 30)
        let pictures = try PictureSet()
        let cache = DecodedCache(budget: CacheBudget(limitBytes: 1 << 29, of: memory))
        var context = pictures.context
        context.decoded = cache
        func epoch() async throws {
            let pool = WorkerPool(threads: 2)
            // What its workers still do of the closed stream ends with the pool.
            defer { pool.shutDown() }
            let source = try IteratorCatalog.kind(named: "ImageRecordIter").open(
                [
                    "path_imgrec": .string(pictures.path), "batch_size": .integer(4), "label_width": .integer(7),
                    "data_shape": .string("(3,32,32)"), "cache": .string("1GiB"),
                ], context: context)
            // More than all streams together may have is said, not refused.
            #expect(source.info.warnings.contains { $0.contains("limits.cache") })
            let stream = PrefetchedStream(
                source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
            defer { stream.close() }
            _ = try await stream.restOfEpoch()
            #expect(memory.usedBytes > 0 && memory.usedBytes == cache.usedBytes)
            #expect(!cache.evict(1), "a set in use was touched")
        }
        try await epoch()
        let used = memory.usedBytes
        #expect(cache.evict(1))
        #expect(memory.usedBytes < used)
        #expect(cache.evict(.max / 2))
        #expect(memory.usedBytes == 0 && cache.usedBytes == 0)
    }
}

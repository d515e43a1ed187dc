import DataTypes
import ImageCodec
import Iterators
import Pipeline
import RecordIO
import TestSupport
import Testing

/// A record file with one flat picture a record; picture i has i mod 4 + 1 objects unless told otherwise.
private struct ObjectSet {
    let folder: TemporaryFolder
    var path: String { folder.path + "/objects.rec" }

    init(count: Int, labels: (Int) -> [Float] = ObjectSet.labels) throws {
        folder = try TemporaryFolder()
        var writer = try RecordWriter(path: folder.path + "/objects.rec")
        for number in 0..<count {
            var pixels = PixelBuffer()
            pixels.reshape(width: 40 + number, height: 30, channels: 3)
            var values = pixels.mutablePixels
            for index in values.indices { values[index] = UInt8(truncatingIfNeeded: 7 * number + index) }
            let encoded = try PNGEncoder().encode(pixels)
            let record = ImageRecordHeader(id: UInt64(100 + number)).pack(labels: labels(number), image: encoded.span)
            _ = try writer.write(record.span)
        }
        try writer.finish()
    }

    static func labels(_ number: Int) -> [Float] {
        (0...number % 4).reduce(into: [2, 5]) { $0 += [Float($1), 0.1, 0.2, 0.5, 0.75] }
    }

    func open(
        _ options: [String: ParameterValue] = [:], threads: Int = 2, cache: String? = nil, epoch: Int = 0, step: Int = 0
    ) throws(StreamError) -> (stream: PrefetchedStream, pool: WorkerPool) {
        let given: [String: ParameterValue] = [
            "path_imgrec": .string(path), "data_shape": .string("(3,24,32)"), "batch_size": .integer(4),
        ]
        let kind = try IteratorCatalog.kind(named: "ImageDetRecordIter")
        let source = try kind.open(
            given.merging(options) { $1 }, context: IteratorContext(cacheDirectory: cache))
        let pool = WorkerPool(threads: threads)
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: epoch, step: step), pool: pool, allocator: HeapSlabAllocator())
        return (stream, pool)
    }

    /// The batches of `epochs` epochs.
    func batches(
        _ options: [String: ParameterValue] = [:], threads: Int = 2, epochs: Int = 1, cache: String? = nil
    ) async throws -> [BatchCopy] {
        let (stream, pool) = try open(options, threads: threads, cache: cache)
        defer {
            stream.close()
            pool.shutDown()
        }
        var result: [BatchCopy] = []
        for _ in 0..<epochs {
            result += try await stream.restOfEpoch()
            _ = stream.reset()
        }
        return result
    }
}

extension BatchCopy {
    /// The rows of the label tensor.
    fileprivate func labelRows(batchSize: Int) -> [[Float]] {
        let values = stride(from: 0, to: tensors[1].count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(tensors[1][start + $1]) << UInt32(8 * $1) })
        }
        let width = values.count / batchSize
        return (0..<batchSize).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
}

struct ImageDetRecordTests {
    private static let augmented: [String: ParameterValue] = [
        "shuffle": .bool(true), "seed": .integer(5), "rand_mirror_prob": .number(0.5), "rand_pad_prob": .number(0.5),
        "max_pad_scale": .number(2), "rand_crop_prob": .number(0.8), "min_crop_scales": .number(0.4),
        "random_hue_prob": .number(0.5), "max_random_hue": .integer(20), "random_contrast_prob": .number(0.5),
        "max_random_contrast": .number(0.4), "resize_mode": .string("fit"), "mean_r": .number(100),
        "std_r": .number(50),
    ]

    @Test("a label row is channels, rows, columns, count, labels and filling")
    func rows() async throws {
        let set = try ObjectSet(count: 4)
        let batches = try await set.batches(["resize_mode": .string("shrink"), "label_pad_value": .number(-7)])
        let rows = try #require(batches.first).labelRows(batchSize: 4)
        for (number, row) in rows.enumerated() {
            let labels = ObjectSet.labels(number)
            #expect(row.count == 4 + 22)
            // 40 + i by 30 shrinks until both sides fit, and what rounding leaves of a pixel is dropped.
            let ratio = min(Float(24) / 30, Float(32) / Float(40 + number))
            #expect(row[0] == 3 && row[1] == Float(Int(ratio * 30)) && row[2] == Float(Int(ratio * Float(40 + number))))
            #expect(row[3] == Float(labels.count))
            #expect(Array(row[4..<4 + labels.count]) == labels)
            #expect(row[(4 + labels.count)...].allSatisfy { $0 == -7 })
        }
        #expect(batches[0].index == [100, 101, 102, 103])
    }

    @Test("the number of threads changes no byte", arguments: [2, 5])
    func threads(count: Int) async throws {
        let set = try ObjectSet(count: 23)
        let one = try await set.batches(Self.augmented, threads: 1, epochs: 3)
        let many = try await set.batches(Self.augmented, threads: count, epochs: 3)
        #expect(one == many)
        #expect(one.count == 18)
        // Something is random: epochs differ.
        #expect(Set(one.map { $0.tensors[0] }).count == one.count)
    }

    @Test("a stream opened at any step continues the run, augmentation included")
    func seek() async throws {
        let set = try ObjectSet(count: 23)
        let all = try await set.batches(Self.augmented, epochs: 2)
        let (stream, pool) = try set.open(Self.augmented, epoch: 1, step: 2)
        defer {
            stream.close()
            pool.shutDown()
        }
        #expect(try await stream.restOfEpoch() == Array(all.suffix(4)))
    }

    @Test("parts are disjoint, cover the data and have the same label width", arguments: [1, 2, 3, 7], [true, false])
    func parts(numParts: Int, isExplicit: Bool) async throws {
        let set = try ObjectSet(count: 23)
        var ids: [UInt64] = []
        for part in 0..<numParts {
            var options: [String: ParameterValue] = [
                "num_parts": .integer(numParts), "part_index": .integer(part), "round_batch": .bool(false),
            ]
            if isExplicit { options["label_pad_width"] = .integer(40) }
            for batch in try await set.batches(options) {
                ids += batch.index.prefix(4 - batch.pad)
                #expect(batch.labelRows(batchSize: 4)[0].count == 4 + (isExplicit ? 40 : 22))
            }
        }
        #expect(ids.sorted() == (100..<123).map(UInt64.init))
    }

    @Test("with parts cut by bytes the label width is the part's own, as in MXNet")
    func bytesPart() throws {
        // The wide records are in the second half.
        let set = try ObjectSet(count: 20) { ObjectSet.labels($0 < 10 ? 0 : 3) }
        func width(_ part: Int, _ partition: String) throws -> Int {
            let (stream, pool) = try set.open([
                "num_parts": .integer(2), "part_index": .integer(part), "partition": .string(partition),
            ])
            defer {
                stream.close()
                pool.shutDown()
            }
            return stream.info.provideLabel[0].shape[1] - 4
        }
        #expect(try width(0, "bytes") < 22 || width(1, "bytes") == 22)
        #expect(try width(0, "count") == 22 && width(1, "count") == 22)
        #expect(try width(0, "global") == 22 && width(1, "global") == 22)
    }

    @Test("a label_pad_width below the widest image is refused at once, naming the record; skip leaves such images out")
    func tooNarrow() async throws {
        let set = try ObjectSet(count: 8)
        let error = #expect(throws: StreamError.self) { try set.open(["label_pad_width": .integer(12)]) }
        #expect(error?.code == .badParameter)
        #expect(error?.description.contains("record 3 of '\(set.path)'") == true, "\(error?.description ?? "")")
        let batches = try await set.batches([
            "label_pad_width": .integer(12), "on_bad_record": .string("skip"), "round_batch": .bool(false),
        ])
        #expect(batches.flatMap { $0.index.prefix(4 - $0.pad) } == [100, 101, 104, 105])
        #expect(batches.flatMap { $0.badRecords }.count == 4)
        #expect(batches.flatMap { $0.badRecords }.allSatisfy { $0.reason == "bad_label" })
    }

    @Test("labels that describe no objects end the epoch, or are left out, as on_bad_record says")
    func badLabels() async throws {
        let set = try ObjectSet(count: 6) {
            $0 == 2 ? [2, 5, 1] : $0 == 4 ? [1, 5, 0, 0, 0, 1, 1] : ObjectSet.labels($0)
        }
        await #expect(throws: StreamError.self) { _ = try await set.batches() }
        let batches = try await set.batches(["on_bad_record": .string("skip"), "round_batch": .bool(false)])
        #expect(batches.flatMap { $0.index.prefix(4 - $0.pad) } == [100, 101, 103, 105])
        let replaced = try await set.batches(["on_bad_record": .string("substitute"), "round_batch": .bool(false)])
        #expect(replaced.reduce(0) { $0 + 4 - $1.pad } == 6)
    }

    @Test("a data set without labels of objects is refused with what they should look like")
    func noObjects() throws {
        let set = try ObjectSet(count: 3) { [Float($0)] }
        let error = #expect(throws: StreamError.self) { try set.open() }
        #expect(error?.code == .badData && error?.hint.contains("header width") == true)
    }

    @Test("a list of labels takes the records' place, each line with its own number of labels")
    func list() async throws {
        let set = try ObjectSet(count: 4) { _ in [7] }
        let list = try set.folder.write(
            "100\t2\t5\t1\t0\t0\t1\t1\ta\n101\t2\t5\t2\t0\t0\t.5\t1\t3\t0\t0\t1\t.5\tb\n"
                + "102\t2\t5\t4\t0\t0\t1\t1\tc\n103\t2\t5\t5\t0\t0\t1\t1\td\n", to: "objects.lst")
        let rows = try await set.batches(["path_imglist": .string(list)])[0].labelRows(batchSize: 4)
        #expect(rows.map { $0[3] } == [7, 12, 7, 7])
        #expect(rows[1][4...] == [2, 5, 2, 0, 0, 0.5, 1, 3, 0, 0, 1, 0.5])
    }

    @Test("the cache changes nothing but the time that opening takes")
    func cache() async throws {
        let set = try ObjectSet(count: 9)
        let cache = set.folder.path + "/cache"
        let first = try await set.batches(cache: cache)
        #expect(try await set.batches(cache: cache) == first)
        #expect(try await set.batches() == first)
    }

    @Test(
        "parameters are refused by name",
        arguments: [
            ("resize_mode", .string("stretch")), ("label_width", .integer(3)), ("label_pad_width", .integer(5)),
            ("rand_crop", .bool(true)), ("random_hue_probability", .number(1)), ("batch_size", .integer(0)),
            ("crop_emit_mode", .string("centre")), ("max_random_contrast", .number(-1)),
        ] as [(String, ParameterValue)])
    func parameters(name: String, value: ParameterValue) throws {
        let set = try ObjectSet(count: 2)
        let error = #expect(throws: StreamError.self) { try set.open([name: value]) }
        #expect(error?.code == .badParameter && error?.description.contains(name) == true)
    }

    @Test("bytes are not normalised, and asking for it is refused")
    func bytes() async throws {
        let set = try ObjectSet(count: 4)
        let batch = try await set.batches(["dtype": .string("uint8")])[0]
        #expect(batch.tensors[0].count == 4 * 3 * 24 * 32)
        #expect(throws: StreamError.self) { try set.open(["dtype": .string("uint8"), "mean_r": .number(5)]) }
    }
}

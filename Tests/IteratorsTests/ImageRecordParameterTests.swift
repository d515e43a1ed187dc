import DataTypes
import Iterators
import TestSupport
import Testing

/// What is refused, and which parameters make a stream another stream.
struct ImageRecordParameterTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var parameters: [String: ParameterValue]
        /// What the message must name.
        var named: String
        var iterator = "ImageRecordIter"
        var testDescription: String { "\(iterator) \(parameters.keys.sorted().joined(separator: ", "))" }

        init(_ named: String, _ parameters: [String: ParameterValue], iterator: String = "ImageRecordIter") {
            self.named = named
            self.parameters = parameters
            self.iterator = iterator
        }
    }

    private static let refusals: [Refusal] = [
        Refusal("'path_imgrec'", ["path_imgrec": .null]),
        Refusal("'path_imgrec'", ["path_imgrec": .string("")]),
        Refusal("'batch_size'", ["batch_size": .null]),
        Refusal("'batch_size'", ["batch_size": .integer(0)]),
        Refusal("'batch_size'", ["batch_size": .integer(.max)]),
        Refusal("'batch_size'", ["batch_size": .string("four")]),
        Refusal("did you mean 'batch_size'?", ["batchsize": .integer(4)]),
        Refusal("'data_shape'", ["data_shape": .string("(2,8,8)")]),
        Refusal("'data_shape'", ["data_shape": .string("(3,8)")]),
        Refusal("'data_shape'", ["data_shape": .string("(3,-8,8)")]),
        Refusal("'data_shape'", ["data_shape": .string("(3,65536,8)")]),
        Refusal("'data_shape'", ["data_shape": .string("(3,99999999999999999999,8)")]),
        Refusal("1 TiB", ["data_shape": .string("(4,65535,65535)"), "batch_size": .integer(1 << 20)]),
        Refusal("'label_width'", ["label_width": .integer(0)]),
        Refusal("'dtype'", ["dtype": .string("float")]),
        Refusal("'dtype'", ["dtype": .string("float32")], iterator: "ImageRecordUInt8Iter"),
        Refusal("'dtype'", ["dtype": .string("uint8")], iterator: "ImageRecordInt8Iter"),
        Refusal("'dtype'", ["dtype": .string("int8")], iterator: "ImageRecordUInt8Iter_v1"),
        Refusal("'mean_r'", ["mean_r": .number(1)], iterator: "ImageRecordUInt8Iter"),
        Refusal("'scale'", ["scale": .number(2)], iterator: "ImageRecordInt8Iter"),
        Refusal("'std_r'", ["std_r": .integer(0)]),
        Refusal("'scale'", ["scale": .number(.infinity)]),
        Refusal("'scale'", ["scale": .string("nan")]),
        Refusal("'layout'", ["layout": .string("NCWH")]),
        Refusal("'part_index'", ["num_parts": .integer(2), "part_index": .integer(2)]),
        Refusal("'part_index'", ["part_index": .integer(-1)]),
        Refusal("'num_parts'", ["num_parts": .integer(0)]),
        Refusal("'num_parts'", ["num_parts": .integer((1 << 20) + 1)]),
        Refusal(
            "'batch_size', 'num_parts'",
            ["partition": .string("global"), "num_parts": .integer(1 << 20), "batch_size": .integer(2049)]),
        Refusal("'partition'", ["partition": .string("byte")]),
        Refusal("'prefetch_buffer'", ["prefetch_buffer": .integer(1025)]),
        Refusal("'shuffle_chunk_size'", ["shuffle_chunk_size": .integer(-1)]),
        Refusal("'seed'", ["seed": .number(1.5)]),
        Refusal("'seed_aug'", ["seed_aug": .string("x")]),
        Refusal("'on_bad_record'", ["on_bad_record": .string("ignore")]),
        Refusal("'data_name'", ["data_name": .string("")]),
        Refusal("'data_name', 'label_name'", ["data_name": .string("x"), "label_name": .string("x")]),
        Refusal("'data_name', 'label_name'", ["label_name": .string("index")]),
        Refusal("'mirror'", ["mirror": .string("yes")]),
        Refusal("'rand_crop'", ["rand_crop": .bool(true), "random_resized_crop": .bool(true)]),
    ]

    @Test("what cannot be is refused by name", arguments: refusals)
    func refused(refusal: Refusal) throws {
        let fixture = try RecordFixture(count: 1)
        let error = #expect(throws: StreamError.self) { try fixture.open(refusal.iterator, refusal.parameters) }
        #expect(error?.code == .badParameter)
        #expect(error?.message.contains(refusal.named) == true, "\(error?.message ?? "")")
    }

    @Test("files that are not there are not found; an .idx for another number of files is a bad parameter")
    func files() throws {
        let fixture = try RecordFixture(count: 1)
        for name in ["path_imgrec", "path_imgidx", "path_imglist"] {
            let error = #expect(throws: StreamError.self) {
                try fixture.open("ImageRecordIter", [name: .string(fixture.folder.path + "/none")])
            }
            #expect(error?.code == .notFound && error?.message.contains("/none") == true, "\(name)")
        }
        let error = #expect(throws: StreamError.self) {
            try fixture.open(
                "ImageRecordIter", ["path_imgidx": .string(fixture.indexPath + ";" + fixture.indexPath)])
        }
        #expect(error?.code == .badParameter)
    }

    @Test("a parameter that decides bytes changes the spec's hash; one that does not leaves it")
    func specHash() throws {
        let fixture = try RecordFixture(count: 8)
        let base = try fixture.open().info
        func hash(_ name: String, _ value: ParameterValue) throws -> String {
            try fixture.open("ImageRecordIter", [name: value]).info.specHash
        }
        let deciding: [(String, ParameterValue)] = [
            ("batch_size", .integer(3)), ("data_shape", .string("(3,7,8)")), ("round_batch", .bool(false)),
            ("shuffle", .bool(true)), ("seed", .integer(1)), ("seed_aug", .integer(0)), ("dtype", .string("uint8")),
            ("layout", .string("NHWC")), ("label_width", .integer(2)), ("partition", .string("bytes")),
            ("partition", .string("global")), ("num_parts", .integer(2)), ("even_parts", .bool(true)),
            ("shuffle_chunk_size", .integer(1)), ("shuffle_chunk_seed", .integer(1)),
            ("on_bad_record", .string("skip")), ("on_truncated", .string("fill")), ("mirror", .bool(true)),
            ("mean_r", .number(1)), ("mean_b", .number(1)), ("std_g", .number(2)), ("scale", .number(2)),
            ("resize", .integer(9)), ("inter_method", .integer(2)), ("fill_value", .integer(1)), ("pad", .integer(1)),
        ]
        var hashes: Set<String> = [base.specHash]
        for (name, value) in deciding {
            let isNew = try hashes.insert(hash(name, value)).inserted
            #expect(isNew, "\(name)")
        }
        let neutral: [(String, ParameterValue)] = [
            ("prefetch_buffer", .integer(9)), ("data_name", .string("x")), ("label_name", .string("y")),
            ("preprocess_threads", .integer(1)), ("verbose", .bool(false)), ("device_id", .integer(3)),
            ("ctx", .string("cpu")), ("path_imgidx", .string(fixture.indexPath)), ("dtype", .string("float32")),
            ("batch_size", .string("4")), ("scale", .integer(1)), ("shuffle", .string("0")), ("seed_aug", .null),
        ]
        for (name, value) in neutral { #expect(try hash(name, value) == base.specHash, "\(name)") }
        let names = IteratorCatalog.all.map(\.name).filter { $0.hasPrefix("ImageRecord") }
        let byName = try names.map { try fixture.open($0).info.specHash }
        #expect(Set(byName).count == names.count)
    }

    @Test("parts by bytes are cut otherwise with an .idx file, so the hash differs")
    func specHashOfByteParts() throws {
        let fixture = try RecordFixture(count: 8)
        let bytes: [String: ParameterValue] = ["partition": .string("bytes"), "num_parts": .integer(3)]
        let indexed = bytes.merging(["path_imgidx": .string(fixture.indexPath)]) { $1 }
        let (first, second) = try (
            fixture.open("ImageRecordIter", bytes).info, fixture.open("ImageRecordIter", indexed).info
        )
        #expect(first.specHash != second.specHash)
    }

    @Test("the manifest's hash follows the records and the list's labels, and no parameter")
    func manifestHash() throws {
        let fixture = try RecordFixture(count: 8)
        let base = try fixture.open().info.manifestHash
        #expect(try fixture.open("ImageRecordUInt8Iter", ["shuffle": .bool(true)]).info.manifestHash == base)
        #expect(try RecordFixture(count: 8).open().info.manifestHash == base)
        #expect(try RecordFixture(count: 7).open().info.manifestHash != base)
        var seen: Set<String> = [base]
        for text in ["100\t1\ta\n", "100\t2\ta\n", "101\t1\ta\n"] {
            let list = try fixture.folder.write(text, to: "a.lst")
            let hash = try fixture.open("ImageRecordIter", ["path_imglist": .string(list)]).info.manifestHash
            #expect(seen.insert(hash).inserted)
        }
        let moved = try fixture.folder.write("101\t1\tb\n", to: "b.lst")
        #expect(seen.contains(try fixture.open("ImageRecordIter", ["path_imglist": .string(moved)]).info.manifestHash))
    }
}

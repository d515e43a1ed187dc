import DataTypes
import Iterators
import Pipeline
import TestSupport
import Testing

import class Foundation.FileManager

struct ImageIterTests {
    private static let all = (0..<23).map { UInt64(100 + $0) }
    /// Everything at random, on pictures of 8 × 8.
    private static let random: [String: ParameterValue] = [
        "resize": .integer(11), "rand_crop": .bool(true), "rand_resize": .bool(true), "rand_mirror": .bool(true),
        "brightness": .number(0.3), "contrast": .number(0.3), "saturation": .number(0.3), "hue": .number(0.2),
        "pca_noise": .number(0.1), "rand_gray": .number(0.3), "mean": .bool(true), "std": .bool(true),
        "shuffle": .bool(true), "inter_method": .integer(10),
    ]

    @Test("without augmentation the pixels are the files', in red, green, blue planes", arguments: [true, false])
    func values(areRecords: Bool) async throws {
        let records = try RecordFixture(count: 3)
        let files = try ImageFolderFixture(count: 3)
        let batches = areRecords ? try await records.epoch(of: "ImageIter") : try await files.epochs()[0]
        #expect(batches.count == 1 && batches[0].pad == 1 && batches[0].index == [100, 101, 102, 100])
        #expect(batches[0].labels == [100, 101, 102, 100])
        let data = batches[0].floatData
        for (row, id) in batches[0].index.enumerated() {
            for channel in 0..<3 {
                for y in 0..<8 {
                    for x in 0..<8 {
                        let expected = RecordFixture.value(id: id, y: y, x: x, channel: channel)
                        #expect(data[((row * 3 + channel) * 8 + y) * 8 + x] == Float(expected))
                    }
                }
            }
        }
    }

    @Test("records and files of the same pictures give the same batches; a list and imglist do")
    func sources() async throws {
        let records = try RecordFixture(count: 23)
        let files = try ImageFolderFixture(count: 23)
        let fromRecords = try await records.epochs(2, of: "ImageIter", Self.random)
        #expect(try await files.epochs(2, Self.random) == fromRecords)
        var more = Self.random
        more["path_imglist"] = .null
        more["imglist"] = .list(
            (0..<23).map { .list([.list([.integer(100 + $0)]), .string(ImageFolderFixture.name($0))]) })
        let fromParameter = try await files.epochs(2, more)
        // Its images are numbered from 1.
        #expect(fromParameter.joined().map { $0.index.map { $0 + 99 } } == fromRecords.joined().map(\.index))
        #expect(
            fromParameter.joined().map { $0.tensors.prefix(2) } == fromRecords.joined().map { $0.tensors.prefix(2) })
        let info = try files.open(more).info
        #expect(info.parameters["imglist"] == .null && info.recordCount == 23)
    }

    @Test(
        "any number of threads gives the same bytes, and any step can be sought",
        arguments: ["pad", "discard", "roll_over"])
    func determinism(handle: String) async throws {
        let fixture = try ImageFolderFixture(count: 23)
        let more = Self.random.merging(["last_batch_handle": .string(handle)]) { $1 }
        let epochs = try await fixture.epochs(3, more, threads: 1)
        #expect(try await fixture.epochs(3, more, threads: 8) == epochs)
        #expect(Set(epochs.joined().map(\.tensors)).count == epochs.joined().count)
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        for address in [BatchAddress(epoch: 2, step: 3), BatchAddress(epoch: 1, step: 0)] {
            let stream = PrefetchedStream(
                source: try fixture.open(more), start: address, pool: pool, allocator: HeapSlabAllocator())
            defer { stream.close() }
            #expect(try await stream.restOfEpoch() == Array(epochs[address.epoch][address.step...]))
        }
    }

    @Test("last_batch_handle fills the last batch, leaves it out or keeps it for the next epoch")
    func lastBatch() async throws {
        let fixture = try ImageFolderFixture(count: 10)
        func epochs(_ handle: String) async throws -> [[BatchCopy]] {
            try await fixture.epochs(3, ["last_batch_handle": .string(handle)])
        }
        let ids = { (epochs: [[BatchCopy]]) in epochs.map { $0.flatMap(\.index) } }
        let once = (0..<10).map { UInt64(100 + $0) }
        let padded = try await epochs("pad")
        #expect(ids(padded) == Array(repeating: once + [100, 101], count: 3))
        #expect(padded.map { $0.map(\.pad) } == Array(repeating: [0, 0, 2], count: 3))
        #expect(ids(try await epochs("discard")) == Array(repeating: Array(once.prefix(8)), count: 3))
        let rolled = try await epochs("roll_over")
        #expect(ids(rolled) == [Array(once.prefix(8)), Array(once.suffix(2)) + once, Array(once.prefix(8))])
        #expect(rolled.joined().allSatisfy { $0.pad == 0 })
    }

    @Test("parts are disjoint and complete, in order and shuffled", arguments: [1, 2, 3, 7], ["count", "global"])
    func parts(numParts: Int, partition: String) async throws {
        let fixture = try ImageFolderFixture(count: 23)
        for shuffle in [false, true] {
            var ids: [UInt64] = []
            for part in 0..<numParts {
                let more: [String: ParameterValue] = [
                    "num_parts": .integer(numParts), "part_index": .integer(part), "partition": .string(partition),
                    "shuffle": .bool(shuffle), "batch_size": .integer(1),
                ]
                ids += try await fixture.epochs(1, more)[0].flatMap(\.ids)
            }
            #expect(ids.sorted() == Self.all)
        }
    }

    @Test("labels have exactly label_width columns; another number is a bad record, not a broadcast")
    func labelWidth() async throws {
        let fixture = try ImageFolderFixture(count: 4) { [Float($0), 0.5, -1.75] }
        let batch = try await fixture.epochs(1, ["label_width": .integer(3)])[0][0]
        #expect(batch.labels == [0, 0.5, -1.75, 1, 0.5, -1.75, 2, 0.5, -1.75, 3, 0.5, -1.75])
        let whole = try await fixture.epochs(1, ["label_width": .integer(3), "dtype": .string("int32")])[0][0]
        #expect(whole.labels == [0, 0, -1, 1, 0, -1, 2, 0, -1, 3, 0, -1])
        for width in [1, 2, 4] {
            let error = await #expect(throws: StreamError.self) {
                try await fixture.epochs(1, ["label_width": .integer(width)])
            }
            #expect(error?.message.contains("3 labels, label_width is \(width)") == true)
        }
    }

    @Test("a list over records gives their labels, found by number")
    func listOverRecords() async throws {
        let records = try RecordFixture(count: 4)
        let list = try records.folder.write("103\t7\tx\n101\t5.5\tx\n100\t4\tx\n102\t6\tx\n", to: "labels.lst")
        let batch = try await records.epoch(of: "ImageIter", ["path_imglist": .string(list)])[0]
        #expect(batch.labels == [4, 5.5, 6, 7] && batch.index == [100, 101, 102, 103])
    }

    @Test(
        "a file that is missing, no image or too large is a bad record with its name",
        arguments: ["error", "skip", "substitute"])
    func badFiles(policy: String) async throws {
        let fixture = try ImageFolderFixture(count: 8)
        try FileManager.default.removeItem(atPath: fixture.root + "/" + ImageFolderFixture.name(2))
        try fixture.folder.write("no image", to: "tree/" + ImageFolderFixture.name(3))
        try fixture.folder.write([], to: "tree/" + ImageFolderFixture.name(4))
        try fixture.folder.write([UInt8](repeating: 0, count: 9000), to: "tree/" + ImageFolderFixture.name(5))
        let more: [String: ParameterValue] = ["on_bad_record": .string(policy)]
        let context = IteratorContext(maxRecordBytes: 8000)
        guard policy != "error" else {
            let error = await #expect(throws: StreamError.self) {
                try await fixture.epochs(1, more, context: context)
            }
            #expect(error?.code == .badRecord && error?.message.contains("cat/102.png") == true)
            return
        }
        let epoch = try await fixture.epochs(1, more, context: context)[0]
        let reports = epoch.flatMap(\.badRecords).sorted { $0.ordinal < $1.ordinal }
        let found = Set(reports.map { "\($0.ordinal) \($0.reason)" })
        #expect(found.isSuperset(of: ["2 read_failed", "3 bad_image", "4 bad_image", "5 too_large"]))
        #expect(reports.allSatisfy { $0.file == fixture.root + "/" + ImageFolderFixture.name($0.ordinal) })
        let ids = epoch.flatMap(\.ids)
        #expect(Set(ids) == [100, 101, 106, 107])
        #expect(ids.count == (policy == "skip" ? 4 : 8))
    }

    @Test("every path of a list is asked for, in the form in which it is opened; a refusal is a bad record")
    func paths() async throws {
        let fixture = try ImageFolderFixture(count: 2)
        let inside = fixture.root + "/"
        let context = IteratorContext(authorise: { path, parameter throws(StreamError) in
            guard path.hasPrefix(inside), !path.split(separator: "/").contains(".."), parameter == "imglist" else {
                throw StreamError(.forbiddenPath, "'\(parameter)' may not name '\(path)'")
            }
            return path
        })
        let good = ImageFolderFixture.name(0)
        func ids(_ path: String) async throws -> [UInt64] {
            let list = ParameterValue.list([.list([.integer(1), .string(path)])])
            let more: [String: ParameterValue] = [
                "path_imglist": .null, "imglist": list, "batch_size": .integer(1),
            ]
            return try await fixture.epochs(1, more, context: context)[0].flatMap(\.ids)
        }
        #expect(try await ids(good) == [1])
        #expect(try await ids(inside + good) == [1])
        for path in ["../tree/" + good, "/etc/hostname", fixture.listPath, good + "\0.png", "/dev/zero", "cat"] {
            let error = await #expect(throws: StreamError.self, "\(path)") { try await ids(path) }
            #expect(error?.code == .badRecord)
        }
    }

    @Test(
        "sources that do not go together are refused",
        arguments: [
            (["path_imglist": .null], "must say which images"),
            (["imglist": .list([.list([.integer(1), .string("a")])])], "both say which images"),
            (["path_imglist": .null, "imglist": .list([.list([.string("a")])])], "'imglist[0]'"),
            (["path_imglist": .null, "imglist": .list([.list([.string("a"), .string("b")])])], "'imglist[0]'"),
            (["path_imglist": .null, "imglist": .list([.list([.integer(1), .integer(2)])])], "'imglist[0]'"),
            (["path_imglist": .null, "imglist": .string("images")], "'imglist'"),
            (["path_imglist": .null, "imglist": .list([])], "names no image"),
            (["path_root": .null], "give path_root"), (["path_imgidx": .string("/a.idx")], "'path_imgrec'"),
            (["shuffle_chunk_size": .integer(1)], "shuffle_chunk_size"),
            (["partition": .string("bytes")], "count, global"),
            (["data_shape": .list([.integer(1), .integer(8), .integer(8)])], "3 channels"),
            (["round_batch": .bool(true)], "round_batch"), (["dtype": .string("uint8")], "float32"),
            (["last_batch_handle": .string("rollover")], "roll_over"),
            (["aug_list": .string("[[\"ResizAug\"]]")], "ResizeAug"),
            (["aug_list": .list([]), "resize": .integer(9)], "takes the place of 'resize'"),
        ] as [([String: ParameterValue], String)])
    func conflicts(more: [String: ParameterValue], words: String) throws {
        let fixture = try ImageFolderFixture(count: 1)
        let error = #expect(throws: StreamError.self) { try fixture.open(more) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("a list of augmenters does what the parameters that stand for it do")
    func listOfAugmenters() async throws {
        let fixture = try ImageFolderFixture(count: 5)
        let byParameters = try await fixture.epochs(
            2, ["resize": .integer(12), "rand_crop": .bool(true), "rand_mirror": .bool(true), "mean": .bool(true)])
        let list =
            "[[\"ResizeAug\", [[\"size\", 12]]], [\"RandomCropAug\", [[\"size\", [8, 8]]]], [\"HorizontalFlipAug\", [[\"p\", 0.5]]], "
            + "[\"CastAug\"], [\"ColorNormalizeAug\", [[\"mean\", [123.68, 116.28, 103.53]]]]]"
        #expect(try await fixture.epochs(2, ["aug_list": .string(list)]) == byParameters)
        // An empty list takes pictures as they are; of another size they are bad records.
        #expect(try await fixture.epochs(1, ["aug_list": .list([])])[0].count == 2)
        let other: [String: ParameterValue] = [
            "aug_list": .list([]), "data_shape": .list([.integer(3), .integer(9), .integer(8)]),
        ]
        let error = await #expect(throws: StreamError.self) { try await fixture.epochs(1, other) }
        #expect(error?.message.contains("data_shape asks for 8×9") == true)
    }

    @Test("hashes tell other lists and other parameters apart, and nothing else")
    func hashes() throws {
        let (first, second) = (try ImageFolderFixture(count: 3), try ImageFolderFixture(count: 3))
        let info = try first.open().info
        let copy = try second.open(["prefetch_buffer": .integer(9), "data_name": .string("d")]).info
        #expect(copy.manifestHash == info.manifestHash && copy.specHash == info.specHash)
        #expect(try second.open(["rand_mirror": .bool(true)]).info.specHash != info.specHash)
        #expect(try ImageFolderFixture(count: 4).open().info.manifestHash != info.manifestHash)
        #expect(try ImageFolderFixture(count: 3) { [Float($0)] }.open().info.manifestHash != info.manifestHash)
    }
}

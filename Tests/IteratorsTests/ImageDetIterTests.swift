import DataTypes
import Iterators
import RecordIO
import TestSupport
import Testing

struct ImageDetIterTests {
    /// Labels of image `ordinal`: one to three objects, and one without an area.
    private static func labels(_ ordinal: Int) -> [Float] {
        var result: [Float] = [2, 5]
        for object in 0...ordinal % 3 { result += [Float(object), 0.125, 0.25, 0.5 + Float(object) / 8, 0.75] }
        return result + [9, 0.5, 0.5, 0.5, 0.75]
    }

    private static let random: [String: ParameterValue] = [
        "rand_crop": .number(0.8), "rand_pad": .number(0.5), "rand_mirror": .bool(true), "brightness": .number(0.2),
        "min_object_covered": .number(0.2), "inter_method": .integer(1), "shuffle": .bool(true),
    ]

    @Test("objects are rows of a table with room for those of any image; the rest is −1")
    func table() async throws {
        let fixture = try ImageFolderFixture(count: 4, labels: Self.labels)
        let source = try fixture.open(iterator: "ImageDetIter")
        #expect(source.info.provideLabel[0].shape == [4, 3, 5] && source.info.provideLabel[0].name == "label")
        #expect(source.info.parameters["label_shape"] == .list([.integer(3), .integer(5)]))
        let batch = try await batches(of: source, epochs: 1)[0][0]
        for row in 0..<4 {
            for object in 0..<3 {
                let found = Array(batch.labels[(row * 3 + object) * 5..<(row * 3 + object + 1) * 5])
                let isThere = object <= row % 3
                #expect(
                    found
                        == (isThere
                            ? [Float(object), 0.125, 0.25, 0.5 + Float(object) / 8, 0.75] : [-1, -1, -1, -1, -1]))
            }
        }
    }

    @Test("label_shape makes more room; too little is refused, or leaves images out")
    func labelShape() async throws {
        let fixture = try ImageFolderFixture(count: 4, labels: Self.labels)
        func shape(_ objects: Int, _ width: Int) -> ParameterValue { .list([.integer(objects), .integer(width)]) }
        let larger = try fixture.open(["label_shape": shape(7, 6)], iterator: "ImageDetIter")
        #expect(larger.info.provideLabel[0].shape == [4, 7, 6])
        let batch = try await batches(of: larger, epochs: 1)[0][0]
        #expect(Array(batch.labels[0..<12]) == [0, 0.125, 0.25, 0.5, 0.75, -1, -1, -1, -1, -1, -1, -1])
        #expect(larger.info.specHash != (try fixture.open(iterator: "ImageDetIter").info.specHash))
        #expect(
            try fixture.open(["label_shape": shape(3, 5)], iterator: "ImageDetIter").info.specHash
                == fixture.open(iterator: "ImageDetIter").info.specHash)
        let error = #expect(throws: StreamError.self) {
            try fixture.open(["label_shape": shape(2, 5)], iterator: "ImageDetIter")
        }
        #expect(error?.message.contains("need (3, 5)") == true)
        let skipping = try await fixture.epochs(
            1, ["label_shape": shape(2, 5), "on_bad_record": .string("skip")], iterator: "ImageDetIter")[0]
        #expect(skipping.flatMap(\.ids) == [100, 101, 103])
        #expect(skipping.flatMap(\.badRecords).map(\.reason) == ["bad_label"])
        for shape in [shape(0, 5), shape(1, 4), shape(1 << 20, 5)] {
            #expect(throws: StreamError.self) { try fixture.open(["label_shape": shape], iterator: "ImageDetIter") }
        }
    }

    @Test(
        "an image without objects is refused at open, or left out",
        arguments: [[2, 5], [7], [2, 5, 1, 0.5, 0.5, 0.5, 0.7]])
    func withoutObjects(bad: [Float]) async throws {
        let fixture = try ImageFolderFixture(count: 4) { $0 == 2 ? bad : Self.labels($0) }
        let error = #expect(throws: StreamError.self) { try fixture.open(iterator: "ImageDetIter") }
        #expect(error?.code == .badData && error?.message.contains("image 102") == true)
        let epoch = try await fixture.epochs(1, ["on_bad_record": .string("skip")], iterator: "ImageDetIter")[0]
        #expect(epoch.flatMap(\.ids) == [100, 101, 103])
        let none = try ImageFolderFixture(count: 2) { _ in bad }
        #expect(throws: StreamError.self) {
            try none.open(["on_bad_record": .string("skip")], iterator: "ImageDetIter")
        }
    }

    @Test("records and files of the same pictures and labels give the same batches, for any number of threads")
    func sources() async throws {
        let files = try ImageFolderFixture(count: 11, labels: Self.labels)
        let path = files.folder.path + "/det.rec"
        var writer = try RecordWriter(path: path, indexPath: files.folder.path + "/det.idx")
        for ordinal in 0..<11 {
            let id = UInt64(100 + ordinal)
            let image = try RecordFixture.png(id: id)
            try writer.write(
                ImageRecordHeader(id: id).pack(labels: Self.labels(ordinal), image: image.span).span, key: id)
        }
        try writer.finish()
        let epochs = try await files.epochs(2, Self.random, iterator: "ImageDetIter", threads: 1)
        #expect(try await files.epochs(2, Self.random, iterator: "ImageDetIter", threads: 8) == epochs)
        let cache = files.folder.path + "/cache"
        var more = Self.random
        more["path_imgrec"] = .string(path)
        more["path_imglist"] = .null
        for _ in 0..<2 {
            // The second time from the cache.
            let found = try await files.epochs(
                2, more, iterator: "ImageDetIter", context: IteratorContext(cacheDirectory: cache))
            #expect(found == epochs)
        }
        // A table's rows are whole objects: within the picture, and with an area.
        for batch in epochs.joined() {
            for start in stride(from: 0, to: batch.labels.count, by: 5) where batch.labels[start] >= 0 {
                let box = batch.labels[start + 1..<start + 5]
                #expect(box.allSatisfy { (0...1).contains($0) })
                #expect(box[start + 3] > box[start + 1] && box[start + 4] > box[start + 2])
            }
        }
    }
}

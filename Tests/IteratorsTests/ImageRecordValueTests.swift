import DataTypes
import TestSupport
import Testing

/// What the bytes of a sample are: element types, layouts, labels, seeds.
struct ImageRecordValueTests {
    @Test("float32, channels first: each value is the picture's, red first")
    func pixels() async throws {
        let fixture = try RecordFixture(count: 4)
        let batch = try await fixture.epoch()[0]
        let side = RecordFixture.side
        var expected: [Float] = []
        for id in batch.index {
            for channel in 0..<3 {
                for y in 0..<side {
                    for x in 0..<side {
                        expected.append(Float(RecordFixture.value(id: id, y: y, x: x, channel: channel)))
                    }
                }
            }
        }
        #expect(batch.floatData == expected)
    }

    @Test(
        "NHWC is NCHW with its axes moved, in every element type", arguments: ["float32", "float16", "uint8", "int32"])
    func layouts(type: String) async throws {
        let fixture = try RecordFixture(count: 4)
        let first = try await fixture.epoch(["dtype": .string(type)])[0].tensors[0]
        let last = try await fixture.epoch(["dtype": .string(type), "layout": .string("NHWC")])[0].tensors[0]
        let pixels = RecordFixture.side * RecordFixture.side
        let width = first.count / (4 * 3 * pixels)
        var moved = [UInt8](repeating: 0, count: first.count)
        for sample in 0..<4 {
            for channel in 0..<3 {
                for pixel in 0..<pixels {
                    let from = ((sample * 3 + channel) * pixels + pixel) * width
                    let to = ((sample * pixels + pixel) * 3 + channel) * width
                    for byte in 0..<width { moved[to + byte] = first[from + byte] }
                }
            }
        }
        #expect(last == moved)
    }

    @Test("uint8 has the very values of float32, under every name for it")
    func bytes() async throws {
        let fixture = try RecordFixture(count: 4)
        let floats = try await fixture.epoch()[0].floatData
        let bytes = try await fixture.epoch(["dtype": .string("uint8")])[0].tensors[0]
        #expect(bytes.map { Float($0) } == floats)
        for name in ["ImageRecordUInt8Iter", "ImageRecordUInt8Iter_v1"] {
            #expect(try await fixture.epoch(of: name)[0].tensors[0] == bytes)
        }
    }

    @Test("float16 and bfloat16 are float32 rounded to the nearest, ties to even")
    func narrowFloats() async throws {
        let fixture = try RecordFixture(count: 4)
        let scaled: [String: ParameterValue] = ["scale": .number(0.0123), "mean_r": .number(101.3)]
        func run(_ type: String) async throws -> BatchCopy {
            try await fixture.epoch(scaled.merging(["dtype": .string(type)]) { $1 })[0]
        }
        let wide = try await run("float32").floatData
        #expect(try await run("float16").halfWords == wide.map { Float16($0).bitPattern })
        let brain = wide.map { value -> UInt16 in
            let bits = value.bitPattern
            let half = UInt32(0x7FFF) + (bits >> 16 & 1)
            return UInt16(truncatingIfNeeded: (bits &+ half) >> 16)
        }
        #expect(try await run("bfloat16").halfWords == brain)
    }

    @Test("labels of label_width come in order; with one label the tensor has one axis")
    func labelWidth() async throws {
        let fixture = try RecordFixture(count: 4, labelWidth: 3)
        let more: [String: ParameterValue] = ["label_width": .integer(3)]
        let batch = try await fixture.epoch(more)[0]
        let expected: [Float] = [100, 100.25, 100.5, 101, 101.25, 101.5, 102, 102.25, 102.5, 103, 103.25, 103.5]
        #expect(batch.labels == expected)
        #expect(try fixture.open("ImageRecordIter", more).info.provideLabel[0].shape == [4, 3])
        #expect(try RecordFixture(count: 4).open().info.provideLabel[0].shape == [4])
    }

    @Test("labels of path_imglist take the place of the records', found by id")
    func labelList() async throws {
        let fixture = try RecordFixture(count: 4)
        let list = try fixture.folder.write("103\t9\tc\n101\t7\ta\n100\t6\tx\n102\t8\tb\n", to: "a.lst")
        let batch = try await fixture.epoch(["path_imglist": .string(list)])[0]
        #expect(batch.index == [100, 101, 102, 103] && batch.labels == [6, 7, 8, 9])
        #expect(batch.tensors[0] == (try await fixture.epoch()[0]).tensors[0])
        let short = try fixture.folder.write("100\t6\tx\n101\t7\ta\n", to: "b.lst")
        let skipped = try await fixture.epoch(["path_imglist": .string(short), "on_bad_record": .string("skip")])[0]
        #expect(skipped.ids == [100, 101] && skipped.badRecords.map(\.reason) == ["bad_label", "bad_label"])
    }

    private static let augmented: [String: ParameterValue] = [
        "rand_crop": .bool(true), "rand_mirror": .bool(true), "pad": .integer(4), "brightness": .number(0.4),
        // Whole epochs, so that the same records stand in the same places.
        "batch_size": .integer(6),
    ]

    @Test("seed changes augmentation, and without seed_aug every epoch has its own")
    func seeds() async throws {
        let fixture = try RecordFixture(count: 6)
        let base = try await fixture.epochs(2, of: "ImageRecordIter", Self.augmented)
        #expect(base[0][0].index == base[1][0].index)
        #expect(base[0][0].tensors[0] != base[1][0].tensors[0])
        let other = try await fixture.epochs(
            2, of: "ImageRecordIter", Self.augmented.merging(["seed": .integer(7)]) { $1 })
        #expect(other[0][0].tensors[0] != base[0][0].tensors[0])
        #expect(try await fixture.epochs(2, of: "ImageRecordIter", Self.augmented, threads: 5) == base)
    }

    @Test("with seed_aug augmentation repeats in every epoch and does not follow seed")
    func augmentationSeed() async throws {
        let fixture = try RecordFixture(count: 6)
        let fixed = Self.augmented.merging(["seed_aug": .integer(3)]) { $1 }
        let epochs = try await fixture.epochs(2, of: "ImageRecordIter", fixed)
        #expect(epochs[0][0].tensors == epochs[1][0].tensors)
        #expect(
            try await fixture.epochs(1, of: "ImageRecordIter", fixed.merging(["seed": .integer(9)]) { $1 })[0]
                == epochs[0])
        #expect(
            try await fixture.epochs(1, of: "ImageRecordIter", fixed.merging(["seed_aug": .integer(4)]) { $1 })[0]
                != epochs[0])
    }

    @Test("a record that comes twice in an epoch as filling is augmented anew")
    func fillingIsAugmentedAnew() async throws {
        let fixture = try RecordFixture(count: 1)
        var more = Self.augmented
        more["batch_size"] = .integer(8)
        let data = try await fixture.epoch(more)[0].floatData
        let size = data.count / 8
        #expect(Set((0..<8).map { Array(data[$0 * size..<($0 + 1) * size]) }).count > 4)
    }
}

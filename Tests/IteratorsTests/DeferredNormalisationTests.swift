import DataTypes
import Iterators
import TestSupport
import Testing

/// Streams with `wire="uint8"`: the bytes that the values are made of, and what makes them.
@Suite("wire=uint8", .timeLimit(.minutes(10))) struct DeferredNormalisationTests {
    static let means: [String: ParameterValue] = [
        "mean_r": .number(12.7), "mean_g": .number(3), "std_g": .number(57.12), "std_b": .number(0.3),
        "scale": .number(-0.017),
    ]
    static let random: [String: ParameterValue] = [
        "shuffle": .bool(true), "rand_crop": .bool(true), "rand_mirror": .bool(true), "brightness": .number(0.3),
    ]

    static let ways: [DecodedCacheTests.Way] = [
        .init("plain", [:]), .init("means", means), .init("chance", means.merging(random) { $1 }),
        .init("channels last", means.merging(["layout": .string("NHWC")]) { $1 }),
        .init("version 1", of: "ImageRecordIter_v1", means.merging(random) { $1 }),
        .init("objects", of: "ImageDetRecordIter", means.merging(DecodedCacheTests.objects) { $1 }),
    ]

    private static func value(_ pixel: UInt8, _ channel: Int, _ how: DeferredNormalisation) -> Float {
        let (mean, std, scale) = (Float(how.mean[channel]), Float(how.std[channel]), Float(how.scale))
        let difference = Float(pixel) - mean
        return switch how.formula {
        case .scaleOverDeviation: difference * (scale / std) + 0 * scale / std
        case .scaleThenDeviation: difference * scale / std
        case .deviationThenScale: difference / std * scale
        }
    }

    @Test("what is said of them makes the values of the bytes, to the bit", arguments: ways)
    func values(way: DecodedCacheTests.Way) async throws {
        let pictures = try PictureSet()
        let wired = way.parameters.merging(["wire": .string("uint8")]) { $1 }
        let info = try pictures.source(of: way.iterator, wired).info
        let how = try #require(info.deferred)
        #expect(how.dtype == "float32" && how.mean.count == 3 && how.std.count == 3)
        #expect(info.provideData.map(\.elementType) == [.uint8])
        let plainInfo = try pictures.source(of: way.iterator, way.parameters).info
        #expect(plainInfo.deferred == nil && plainInfo.specHash == info.specHash)

        let plain = try await pictures.epochs(1, of: way.iterator, way.parameters).batches
        let bytes = try await pictures.epochs(1, of: way.iterator, wired).batches
        #expect(plain.count == bytes.count && !plain.isEmpty)
        let isPlanar = info.provideData[0].layout == "NCHW"
        for (expected, found) in zip(plain, bytes) {
            let made = found.tensors[0].enumerated().map { place, pixel in
                Self.value(pixel, isPlanar ? place / (32 * 32) % 3 : place % 3, how).bitPattern
            }
            let values = stride(from: 0, to: expected.tensors[0].count, by: 4).map { start in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(expected.tensors[0][start + $1]) << (8 * $1) }
            }
            // Not within the macro, which would print every value.
            let areSame = values == made && expected.tensors[1...] == found.tensors[1...]
            #expect(areSame)
        }
    }

    @Test("nothing is left to do where bytes were asked for")
    func bytesAnyway() throws {
        let pictures = try PictureSet()
        let info = try pictures.source(of: "ImageRecordUInt8Iter", ["wire": .string("uint8")]).info
        #expect(info.deferred == nil && info.provideData.map(\.elementType) == [.uint8])
    }

    @Test(
        "what only the server can do is refused with it, both named",
        arguments: [
            ("ImageRecordIter", "max_random_contrast", ParameterValue.number(0.2)),
            ("ImageRecordIter", "max_random_illumination", .number(2)),
            ("ImageRecordIter", "mean_img", .string("mean.bin")), ("ImageRecordIter", "dtype", .string("int32")),
            ("ImageRecordIter", "dtype", .string("bfloat16")), ("ImageRecordInt8Iter", "dtype", .string("int8")),
            ("ImageDetRecordIter", "mean_img", .string("mean.bin")),
        ])
    func refused(iterator: String, name: String, value: ParameterValue) throws {
        let pictures = try PictureSet()
        let error = try #require(throws: StreamError.self) {
            try pictures.source(of: iterator, ["wire": .string("uint8"), name: value])
        }
        #expect(error.code == .badParameter)
        #expect(error.message.contains("wire") && error.message.contains(name))
    }
}

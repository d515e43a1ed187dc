import DataTypes
import Foundation
import Iterators
import Pipeline
import TestSupport
import Testing

/// Streams with `decode="fast"`: near the exact ones, and as true to their addresses.
@Suite("decode=fast", .timeLimit(.minutes(10))) struct FastDecodeStreamTests {
    typealias Way = DecodedCacheTests.Way

    static let small: [String: ParameterValue] = [
        "data_shape": .string("(3,14,16)"), "batch_size": .integer(5), "round_batch": .bool(false),
    ]

    static let ways: [Way] = [
        Way("resize and random crop", DecodedCacheTests.random.merging(["resize": .integer(19)]) { $1 }),
        Way("resize with the area kernel", ["resize": .integer(20), "inter_method": .integer(3)]),
        Way(
            "random area",
            DecodedCacheTests.random.merging([
                "rand_crop": .bool(false), "random_resized_crop": .bool(true), "min_random_area": .number(0.3),
                "max_aspect_ratio": .number(0.3), "inter_method": .integer(10),
            ]) { $1 }),
        Way("random crop, no resize", DecodedCacheTests.random),
        Way("rotation", DecodedCacheTests.random.merging(["max_rotate_angle": .integer(30)]) { $1 }),
        Way("objects", of: "ImageDetRecordIter", DecodedCacheTests.objects),
        Way(
            "objects behind a resize", of: "ImageDetRecordIter",
            DecodedCacheTests.objects.merging(["resize": .integer(20)]) { $1 }),
        Way("objects, fitted", of: "ImageDetRecordIter", ["resize_mode": .string("fit"), "dtype": .string("uint8")]),
    ]

    private static func parameters(_ way: Way, decode: String = "fast") -> [String: ParameterValue] {
        way.parameters.merging(small) { $1 }.merging(["decode": .string(decode)]) { $1 }
    }

    @Test("the same bytes for one thread and several, and from any step", arguments: ways)
    func addresses(way: Way) async throws {
        let pictures = try PictureSet()
        let parameters = Self.parameters(way)
        let expected = try await pictures.epochs(2, of: way.iterator, parameters, threads: 1).batches
        #expect(expected.count >= 8)
        // Not within the macro, which would print every byte.
        let areSame = try await pictures.epochs(2, of: way.iterator, parameters, threads: 3).batches == expected
        #expect(areSame)
        let behind = try await pictures.withStream(of: way.iterator, parameters) { stream in
            try stream.seek(to: BatchAddress(epoch: 1, step: 2))
            return try await stream.restOfEpoch()
        }
        let isSameBehind = behind == Array(expected[(expected.count / 2 + 2)...])
        #expect(isSameBehind)
    }

    @Test("other pixels, near the exact ones, and the same labels and ids", arguments: ways)
    func nearExact(way: Way) async throws {
        let pictures = try PictureSet()
        let bytes = way.parameters.merging(["dtype": .string("uint8")]) { $1 }
        let bytesWay = Way(way.testDescription, of: way.iterator, bytes)
        let exact = try await pictures.epochs(1, of: way.iterator, Self.parameters(bytesWay, decode: "exact")).batches
        let fast = try await pictures.epochs(1, of: way.iterator, Self.parameters(bytesWay)).batches
        #expect(exact.count == fast.count)
        var (sum, count) = (0.0, 0.0)
        for (one, other) in zip(exact, fast) {
            #expect(one.address == other.address && one.pad == other.pad)
            #expect(one.tensors[1...] == other.tensors[1...])
            for (left, right) in zip(one.tensors[0], other.tensors[0]) {
                let difference = Double(left) - Double(right)
                sum += difference * difference
                count += 1
            }
        }
        // The pictures are noise on slopes, and reducing them takes noise away that an exact linear resize keeps.
        let decibels = 10 * log10(255 * 255 * count / max(sum, 1))
        #expect(sum > 0 && decibels > 20, "\(decibels)")
    }

    @Test("it is part of the hash of the parameters, and exactness is not")
    func specHash() throws {
        let pictures = try PictureSet()
        let plain = try pictures.source([:]).info.specHash
        #expect(try pictures.source(["decode": .string("exact")]).info.specHash == plain)
        #expect(try pictures.source(["decode": .string("fast")]).info.specHash != plain)
    }

    @Test("kept images and it are refused together, both named", arguments: ["cache", "cache_disk"])
    func withCache(name: String) throws {
        let pictures = try PictureSet()
        let error = try #require(throws: StreamError.self) {
            try pictures.source(["decode": .string("fast"), name: .integer(1 << 20)])
        }
        #expect(error.code == .badParameter)
        #expect(error.message.contains("decode") && error.message.contains(name))
    }

    @Test("a picture that ends early is a bad record", arguments: ways.prefix(3))
    func truncated(way: Way) async throws {
        let damaged: Set = [3, 8]
        let pictures = try PictureSet(damaged: damaged)
        let skipping = Self.parameters(way).merging(["on_bad_record": .string("skip")]) { $1 }
        let skipped = try await pictures.epochs(1, of: way.iterator, skipping).batches
        #expect(Set(skipped.flatMap(\.badRecords).map { Int($0.ordinal) }) == damaged)
    }
}

import DataTypes
import Foundation
import Iterators
import Pipeline
import TestSupport
import Testing

/// Decoded images on disk: whatever the disk does, the bytes are those of decoding.
@Suite("decoded images on disk", .timeLimit(.minutes(10))) struct DecodedStoreTests {
    /// Parameters that keep nothing in memory.
    static let onDisk: [String: ParameterValue] = [
        "cache": .integer(0), "cache_disk": .string("1GiB"), "round_batch": .bool(false), "resize": .integer(40),
    ]

    /// A store in a file that the test can reach by its name.
    static func store(
        _ path: String, limitBytes: Int = 1 << 30, memoryBytes: Int = 1 << 20
    ) throws -> DecodedStore {
        // The path is a C string for the length of the call.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        return DecodedStore(
            adopting: descriptor, budget: CacheBudget(limitBytes: limitBytes),
            memory: CacheBudget(limitBytes: memoryBytes))
    }

    @Test("every image is decoded once, and none is in memory")
    func once() throws {
        let pictures = try PictureSet { try Self.store($0.path + "/store") }
        #expect(try pictures.counts(Self.onDisk) == (0, PictureSet.count))
        #expect(try pictures.counts(Self.onDisk) == (PictureSet.count, 0))
        #expect(pictures.budget.usedBytes == 0)
        #expect(try #require(pictures.context.decoded.store).usedBytes > 0)
    }

    @Test("what was written and cannot be read, or reads otherwise, is decoded again", arguments: [true, false])
    func damagedFile(isCut: Bool) async throws {
        let expected = try await PictureSet().epochs(3, Self.onDisk).batches
        let pictures = try PictureSet { try Self.store($0.path + "/store") }
        let steps = expected.count / 3
        #expect(try await pictures.epochs(1, Self.onDisk).batches == Array(expected[..<steps]))
        let file = try #require(FileHandle(forWritingAtPath: pictures.folder.path + "/store"))
        if isCut {
            try file.truncate(atOffset: 0)
        } else {
            // One byte of each block, so that every image has at least one.
            let size = try file.seekToEnd()
            for offset in stride(from: UInt64(99), to: size, by: 1000) {
                try file.seek(toOffset: offset)
                try file.write(contentsOf: [UInt8(truncatingIfNeeded: offset)])
            }
        }
        try file.close()
        #expect(try await pictures.epochs(3, Self.onDisk).batches == expected)
        // They have been written anew.
        #expect(try pictures.counts(Self.onDisk) == (PictureSet.count, 0))
    }

    @Test("a full disk costs decoding and nothing else")
    func fullDisk() async throws {
        let expected = try await PictureSet().epochs(2, Self.onDisk).batches
        let pictures = try PictureSet { _ in try Self.store("/dev/full") }
        #expect(try await pictures.epochs(2, Self.onDisk).batches == expected)
        #expect(try pictures.counts(Self.onDisk) == (0, PictureSet.count))
        #expect(try #require(pictures.context.decoded.store).usedBytes == 0)
    }

    @Test("space, and memory for what is remembered, are limits", arguments: [(50_000, 1 << 20), (1 << 30, 4000)])
    func limits(disk: Int, memory: Int) throws {
        let pictures = try PictureSet { try Self.store($0.path + "/store", limitBytes: disk, memoryBytes: memory) }
        #expect(try pictures.counts(Self.onDisk) == (0, PictureSet.count))
        let (hits, misses) = try pictures.counts(Self.onDisk)
        #expect(hits > 0 && misses > 0)
        #expect(try #require(pictures.context.decoded.store).usedBytes <= disk)
        // Another set takes the place of this one, which is out of use.
        let other = Self.onDisk.merging(["resize": .integer(39)]) { $1 }
        #expect(try pictures.counts(other) == (0, PictureSet.count))
        if memory > 1 << 16 { #expect(try pictures.counts(other).hits > 0) }
    }

    @Test("a stream that asks for it where there is none is told so")
    func noStore() throws {
        let source = try PictureSet().source(Self.onDisk)
        #expect(source.info.warnings.contains { $0.contains("cache_directory") })
    }
}

import TestSupport
import Testing

@testable import RecordIO

@Suite struct IndexCacheTests {
    let directory: TemporaryFolder
    let path: String
    let cache: IndexCache

    init() throws {
        directory = try TemporaryFolder()
        path = directory.path + "/a.rec"
        cache = IndexCache(directory: directory.path + "/state")
        let bytes = InsightFaceTests.records(images: 7, identities: 2, first: 9, end: 11).flatMap { part(0, $0) }
        try directory.write(bytes + payload(1, count: 12) + part(0, payload(2, count: 5)) + part(4, []), to: "a.rec")
    }

    var cacheFile: String { cache.cachePath(of: FileSystem.realPath(of: path)!) }

    func stored() throws -> RecordIndex {
        let file = try RecordFile(path: path)
        let index = try RecordIndex.scan(file)
        #expect(cache.store(index, for: file) == nil)
        return index
    }

    @Test("an index comes back from the cache with all that the scan found")
    func comesBack() throws {
        let index = try stored()
        #expect(index.damage.rangeCount == 2)
        #expect(index.insightFace?.identityCount == 2)
        let loaded = try #require(cache.load(for: RecordFile(path: path)))
        #expect(loaded.offsets == index.offsets)
        #expect(loaded.spans == index.spans)
        #expect(loaded.damage == index.damage)
        #expect(loaded.insightFace == index.insightFace)
        // By another path to the same file as well.
        #expect(cache.load(for: try RecordFile(path: directory.path + "/./a.rec")) != nil)
    }

    @Test("another size, time, file or record limit makes the cached index useless")
    func invalidated() throws {
        _ = try stored()
        #expect(setModificationTime(path, 1_000_000))
        #expect(cache.load(for: try RecordFile(path: path)) == nil)
        _ = try stored()
        #expect(cache.load(for: try RecordFile(path: path)) != nil)
        #expect(cache.load(for: try RecordFile(path: path, maximumRecordBytes: 1 << 20)) == nil)
        // The same bytes in a new file of the same time.
        let bytes = try directory.read("a.rec")
        try directory.write(bytes, to: "b.rec")
        #expect(setModificationTime(directory.path + "/b.rec", 1_000_000))
        #expect(rename(directory.path + "/b.rec", to: path))
        #expect(cache.load(for: try RecordFile(path: path)) == nil)
        _ = try stored()
        try directory.write(bytes + part(0, []), to: "a.rec")
        #expect(setModificationTime(path, 1_000_000))
        #expect(cache.load(for: try RecordFile(path: path)) == nil)
    }

    @Test("a cache file that was damaged or cut anywhere is ignored, and made again")
    func corrupt() throws {
        let index = try stored()
        let name = "state/" + FileSystem.split(cacheFile).name
        let bytes = try directory.read(name)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0x10
            try directory.write(changed, to: name)
            #expect(cache.load(for: try RecordFile(path: path)) == nil, "byte \(position)")
        }
        for length in 0..<bytes.count where length % 8 == 0 || length % 13 == 0 {
            try directory.write(Array(bytes[..<length]), to: name)
            #expect(cache.load(for: try RecordFile(path: path)) == nil, "length \(length)")
        }
        let manifest = try Manifest.open(paths: path, cacheDirectory: directory.path + "/state")
        #expect(manifest.sampleCount == index.count)
        #expect(try directory.read(name) == bytes)
    }

    @Test("a manifest is opened from the cache without a scan")
    func manifestUsesCache() throws {
        let state = directory.path + "/state"
        let first = try Manifest.open(paths: path, cacheDirectory: state)
        #expect(first.warnings.isEmpty)
        let second = try Manifest.open(paths: path, cacheDirectory: state)
        #expect(second.fingerprint == first.fingerprint)
        #expect(second.damage == first.damage)
        // A cached index that is not the file's shows that it was used.
        let file = try RecordFile(path: path)
        #expect(cache.store(RecordIndex(offsets: [0], spans: [40]), for: file) == nil)
        #expect(try Manifest.open(paths: path, cacheDirectory: state).sampleCount == 1)
    }

    @Test("a cache directory that cannot be written is a warning")
    func unwritable() throws {
        let manifest = try Manifest.open(paths: path, cacheDirectory: path + "/state")
        #expect(manifest.sampleCount == 8)
        #expect(manifest.warnings.count == 1)
        #expect(manifest.warnings.first?.contains("not cached") == true)
    }

    @Test("every fault survives being stored")
    func faults() {
        let faults: [RecordFault] = [
            .badMagic(found: 7), .truncatedHeader(availableBytes: 3), .truncatedPart(neededBytes: 1, availableBytes: 2),
            .badContinuation(flag: 7, partsBefore: 9), .unfinished(partsBefore: 4),
            .tooLarge(payloadBytes: 8, limitBytes: 6), .imageHeaderTooShort(payloadBytes: 1),
            .labelsOverrun(labelCount: 5, payloadBytes: 2),
        ]
        for fault in faults {
            let words = fault.stored
            #expect(RecordFault(stored: words[0], words[1], words[2]) == fault)
        }
        #expect(RecordFault(stored: 0, 0, 0) == nil)
    }
}

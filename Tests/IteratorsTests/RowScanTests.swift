import DataTypes
import Foundation
import RecordIO
import TestSupport
import Testing

@testable import Iterators

/// Where rows begin, compared with a reading character by character, and the index kept in the cache.
struct RowScanTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// First byte and line number of every row.
    private static func rows(_ text: [UInt8]) -> [(start: Int, line: UInt64)] {
        var rows: [(start: Int, line: UInt64)] = []
        var line: UInt64 = 1
        var isInRow = false
        for (position, character) in text.enumerated() {
            switch character {
            case 10 where position > 0 && text[position - 1] == 13:
                break
            case 10, 13:
                isInRow = false
                line += 1
            default:
                if !isInRow { rows.append((position, line)) }
                isInRow = true
            }
        }
        return rows
    }

    private func compare(_ text: [UInt8], stride: Int) throws {
        let file = try RecordFile(path: try folder.write(text, to: "t.csv"))
        let index = try RowScan.index(of: file, stride: stride, maximumLineBytes: 1 << 20)
        let rows = Self.rows(text)
        let groups = Swift.stride(from: 0, to: rows.count, by: stride).map { rows[$0] }
        try #require(index.rowCount == rows.count && index.groupCount == groups.count)
        for (group, row) in groups.enumerated() {
            guard index.start(ofGroup: group) == row.start, index.line(ofGroup: group) == row.line else {
                Issue.record(
                    "row \(group * stride): \(index.start(ofGroup: group)), line \(index.line(ofGroup: group))")
                return
            }
        }
        let stored = try #require(RowIndex(words: index.words, stride: stride, end: file.byteCount))
        #expect(stored.words == index.words && stored.rowCount == index.rowCount)
    }

    @Test("rows of hostile text are those that a slow reading finds", arguments: [1, 2, 3, 8])
    func hostile(stride: Int) throws {
        let alphabet: [UInt8] = [10, 13, 10, 13, 48, 49, 44, 0, 32, 0xEF, 0xFF]
        for turn in 0..<150 {
            var random = KeyedRandom(seed: 3, epoch: 0, record: UInt64(turn))
            // Rare line ends, or none but them.
            let first = turn % 3 == 0 ? 4 : 0
            let count = random.integer(0, 3000)
            var text = (0..<count).map { _ in
                alphabet[random.integer(random.integer(0, 5) == 0 ? 0 : first, alphabet.count - 1)]
            }
            if turn % 10 == 0 {
                // Put across the border of two blocks that are read one after the other.
                text = [UInt8](repeating: 48, count: (256 << 10) - random.integer(0, min(40, count))) + text
            }
            try compare(text, stride: stride)
        }
    }

    @Test("an index whose words were changed is refused or stays within the file")
    func damagedWords() throws {
        let text = Array("1\n\n22\n333\r\n\r\n4\n5\n6\n7\n8\n9\n10\n11\n12\n".utf8)
        let file = try RecordFile(path: try folder.write(text, to: "t.csv"))
        let words = try RowScan.index(of: file, stride: 1, maximumLineBytes: 100).words
        let values: [UInt64] = [0, 1, 2, 7, 9, 1000, 1 << 31, 1 << 32, 1 << 62, .max]
        for count in 0..<words.count {
            #expect(RowIndex(words: Array(words[..<count]), stride: 1, end: file.byteCount) == nil)
        }
        for position in words.indices {
            for value in values {
                var changed = words
                changed[position] = value
                guard let index = RowIndex(words: changed, stride: 1, end: file.byteCount) else { continue }
                for group in 0..<index.groupCount {
                    let bytes = index.bytes(ofGroup: group, count: 1)
                    #expect(bytes.upperBound <= file.byteCount && !bytes.isEmpty)
                    _ = index.line(ofGroup: group)
                }
            }
        }
    }

    private func open(_ path: String) throws -> any BatchSource {
        try IteratorCatalog.kind(named: "CSVIter").open(
            ["data_csv": .string(path), "data_shape": .integer(1), "batch_size": .integer(2)],
            context: IteratorContext(cacheDirectory: folder.path + "/state"))
    }

    @Test("the index is kept, and another size, time or file makes what is kept useless")
    func kept() throws {
        let path = try folder.write("1\n2\n3\n", to: "t.csv")
        let cache = WordCache(directory: folder.path + "/state", format: 0x4852_524F_5753_0001, suffix: ".rows")
        // As many rows as a source can have come from one place only, once the words say so.
        let key = UInt64(4096 + 64) << 8 | 8
        #expect(try open(path).info.recordCount == 3)
        let file = try RecordFile(path: path)
        let words = try #require(cache.load(for: file, key: key))
        #expect(words == (try RowScan.index(of: file, stride: 8, maximumLineBytes: 4160).words))
        #expect(cache.load(for: file, key: key + 1) == nil)
        var fewer = RowIndex(stride: 8, end: file.byteCount)
        fewer.addGroup(at: 0, blankLines: 0)
        fewer.finish(rowCount: 2)
        cache.store(fewer.words, for: file, key: key)
        #expect(try open(path).info.recordCount == 2)

        // The same size, another time.
        try folder.write("1\n\n\n3\n", to: "t.csv")
        let times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        // utimensat reads two times; the path is a C string for the length of the call.
        #expect(unsafe utimensat(AT_FDCWD, path, times, 0) == 0)
        #expect(try open(path).info.recordCount == 2)
        #expect(cache.load(for: try RecordFile(path: path), key: key) != nil)
        // The same size and time, another file.
        let other = try folder.write("1\n2\n3\n", to: "u.csv")
        #expect(unsafe utimensat(AT_FDCWD, other, times, 0) == 0 && rename(other, path) == 0)
        #expect(cache.load(for: try RecordFile(path: path), key: key) == nil)
        #expect(try open(path).info.recordCount == 3)
        // A file that is no longer at its path leaves nothing behind.
        let gone = try RecordFile(path: path)
        #expect(unsafe unlink(path) == 0)
        cache.store(words, for: gone, key: key)
        #expect(cache.load(for: gone, key: key) == nil)
    }

    @Test("a kept index with any byte changed counts as not there")
    func damagedCache() throws {
        let path = try folder.write("1\n2\n3\n", to: "t.csv")
        _ = try open(path)
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder.path + "/state").first)
        let bytes = try folder.read("state/" + name)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0x10
            try folder.write(changed, to: "state/" + name)
            #expect(try open(path).info.recordCount == 3)
            #expect(try folder.read("state/" + name) == bytes)
        }
    }
}

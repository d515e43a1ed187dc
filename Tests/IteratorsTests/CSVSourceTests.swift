import DataTypes
import Foundation
import Pipeline
import RecordIO
import TestSupport
import Testing

@testable import Iterators

/// CSVIter as a stream.
struct CSVSourceTests {
    private let folder: TemporaryFolder
    private let pool = WorkerPool(threads: 2)

    init() throws { folder = try TemporaryFolder() }

    private func stream(_ parameters: [String: ParameterValue]) throws -> PrefetchedStream {
        let source = try IteratorCatalog.kind(named: "CSVIter").open(
            parameters, context: IteratorContext(cacheDirectory: folder.path))
        return PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
    }

    private func numbers(_ batch: BatchCopy, _ tensor: Int = 0) -> [Float] {
        let bytes = batch.tensors[tensor]
        return unsafe bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    @Test(
        "rows are found whatever ends the lines, across blocks, with blank lines between",
        arguments: ["\n", "\r\n", "\r", "\n\n\r\n"])
    func lineEnds(end: String) async throws {
        // More than two blocks of the scan, so that line ends fall on their borders.
        let count = 300_000
        let text = (0..<count).map { "\($0),7" }.joined(separator: end)
        let path = try folder.write(text, to: "t.csv")
        let file = try RecordFile(path: path)
        let index = try RowScan.index(of: file, stride: 8, maximumLineBytes: 4096)
        #expect(index.rowCount == count)
        let lines: UInt64 = end == "\n\n\r\n" ? 3 : 1
        let groups = stride(from: 0, to: UInt64(count), by: 8).map { $0 * lines + 1 }
        #expect((0..<index.groupCount).map { index.line(ofGroup: $0) } == groups)
        let stream = try stream(["data_csv": .string(path), "data_shape": .integer(2), "batch_size": .integer(4096)])
        defer { stream.close() }
        var next: Float = 0
        for batch in try await stream.restOfEpoch() {
            let values = numbers(batch)
            for row in 0..<4096 - batch.pad {
                guard values[2 * row] == next, values[2 * row + 1] == 7 else {
                    Issue.record("row \(next) is \(values[2 * row])")
                    return
                }
                next += 1
            }
        }
        #expect(Int(next) == count)
    }

    @Test("a shuffled epoch has every row once, with its label, from several files", arguments: [1, 3])
    func shuffled(parts: Int) async throws {
        var first = ""
        var second = ""
        for row in 0..<500 { first += "\(row),\(row * 2)\n" }
        for row in 500..<777 { second += "\n\(row),\(row * 2)\n" }
        try folder.write(first, to: "d/a.csv")
        try folder.write("", to: "d/b.csv")
        try folder.write(second, to: "d/c.csv")
        try folder.write((0..<777).map { "-\($0)\n" }.joined(), to: "l.csv")
        var seen: [UInt64] = []
        for part in 0..<parts {
            let stream = try stream([
                "data_csv": .string(folder.path + "/d/"), "label_csv": .string(folder.path + "/l.csv"),
                "data_shape": .list([.integer(2), .integer(1)]), "batch_size": .integer(10), "shuffle": .bool(true),
                "num_parts": .integer(parts), "part_index": .integer(part),
            ])
            defer { stream.close() }
            #expect(stream.info.provideLabel[0].shape == [10] && stream.info.provideData[0].shape == [10, 2, 1])
            for batch in try await stream.restOfEpoch() {
                let (values, labels) = (numbers(batch), numbers(batch, 1))
                for row in 0..<10 - batch.pad {
                    let ordinal = Float(batch.index[row])
                    #expect(values[2 * row] == ordinal && values[2 * row + 1] == 2 * ordinal && labels[row] == -ordinal)
                    seen.append(batch.index[row])
                }
            }
        }
        #expect(seen.sorted() == Array(0..<777))
    }

    @Test("bad rows are left out or replaced, and named by line and column", arguments: ["skip", "substitute"])
    func badRows(policy: String) async throws {
        let path = try folder.write("1,1\n2,2\r\n\r\nx,3\n4\n5,5\n6,6\n", to: "t.csv")
        let stream = try stream([
            "data_csv": .string(path), "data_shape": .integer(2), "batch_size": .integer(6),
            "on_bad_record": .string(policy),
        ])
        defer { stream.close() }
        let batch = try #require(try await stream.restOfEpoch().first)
        #expect(batch.badRecords.map(\.reason) == ["bad_row", "bad_row"])
        #expect(
            batch.badRecords.map(\.message) == [
                "line 4, column 1: 'x' is not a number",
                "line 5, column 1: the row ends here; it has 1 fields, the shape asks for 2",
            ])
        #expect(batch.badRecords.map(\.offset) == [11, 15])
        #expect(batch.pad == (policy == "skip" ? 2 : 0))
        if policy == "skip" { #expect(numbers(batch) == [1, 1, 2, 2, 5, 5, 6, 6, 0, 0, 0, 0]) }
    }

    @Test(
        "what cannot be opened is refused with the reason",
        arguments: [
            (
                ["data_csv": "t.csv", "data_shape": "2", "batch_size": "1", "label_csv": "short.csv"],
                StreamError.Code.badData, "1 rows for the 2 rows"
            ),
            (["data_csv": "none.csv", "data_shape": "2", "batch_size": "1"], .notFound, "does not exist"),
            (["data_csv": "blank.csv", "data_shape": "2", "batch_size": "1"], .badData, "has no rows"),
            (["data_csv": "cut.gz", "data_shape": "2", "batch_size": "1"], .badData, "ends too early"),
            (["data_csv": "bad.gz", "data_shape": "2", "batch_size": "1"], .badData, "it is damaged"),
            (
                ["data_csv": "long.csv", "data_shape": "2", "batch_size": "1"], .badData,
                "line 2: the line has more than"
            ),
            (
                ["data_csv": "t.csv", "data_shape": "2", "batch_size": "1", "delimiter": "x"], .badParameter,
                "delimiter"
            ),
            (
                ["data_csv": "t.csv", "data_shape": "2", "batch_size": "1", "partition": "bytes"], .badParameter,
                "count or global"
            ),
            (
                ["data_csv": "t.csv", "data_shape": "(2147483647,2147483647,2147483647)", "batch_size": "1"],
                .badParameter, "data_shape"
            ),
            (["data_csv": "t.csv", "data_shape": "2", "batch_size": "1", "dtype": "int8"], .badParameter, "dtype"),
            (["data_csv": "t.csv?delimiter=,", "data_shape": "2", "batch_size": "1"], .notFound, "'delimiter'"),
        ])
    func refusals(parameters: [String: String], code: StreamError.Code, words: String) throws {
        try folder.write("1,2\n3,4\n", to: "t.csv")
        try folder.write("1\n", to: "short.csv")
        try folder.write("\n\r\n\n", to: "blank.csv")
        try folder.write("1,2\n" + String(repeating: " ", count: 9000) + "3,4\n", to: "long.csv")
        try folder.write(Array(Self.packed.dropLast(9)), to: "cut.gz")
        var damaged = Self.packed
        damaged[12] ^= 0x55
        try folder.write(damaged, to: "bad.gz")
        var values = parameters.mapValues { ParameterValue.string($0) }
        for name in ["data_csv", "label_csv"] {
            if let path = parameters[name] { values[name] = .string(folder.path + "/" + path) }
        }
        let error = #expect(throws: StreamError.self) { try stream(values) }
        #expect(error?.code == code && error?.description.contains(words) == true, "\(String(describing: error))")
    }

    /// `1,2\n` packed with gzip.
    private static let packed: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x33, 0xD4, 0x31, 0xE2, 2, 0, 0x33, 0x42, 0x21, 0x55, 4, 0, 0, 0,
    ]

    @Test("a packed file of two members, with zeros behind, is unpacked, and nothing of it is left behind")
    func packedFile() async throws {
        let path = try folder.write(Self.packed + Self.packed + [0, 0, 0], to: "t.csv.gz")
        let stream = try stream(["data_csv": .string(path), "data_shape": .integer(2), "batch_size": .integer(2)])
        defer { stream.close() }
        #expect(try await stream.restOfEpoch().map { numbers($0) } == [[1, 2, 1, 2]])
        #expect(try folder.names == ["t.csv.gz"])
    }

    @Test("a file cut short while it is open is an error and nothing worse")
    func shortened() async throws {
        let path = try folder.write(String(repeating: "1,2\n", count: 10_000), to: "t.csv")
        let stream = try stream(["data_csv": .string(path), "data_shape": .integer(2), "batch_size": .integer(64)])
        defer { stream.close() }
        _ = try await stream.nextEvent()
        _ = unsafe truncate(path, 4)
        await #expect(throws: StreamError.self) { try await stream.restOfEpoch() }
    }
}

import DataTypes
import Iterators
import Pipeline
import RecordIO
import TestSupport

/// Records in files of a folder of its own, and streams of RecordIter over them.
final class RawRecordFixture {
    static let magic: [UInt8] = [0x0A, 0x23, 0xD7, 0xCE]

    let folder: TemporaryFolder
    let records: [[UInt8]]
    var path: String { folder.path + "/r.rec" }
    var indexPath: String { folder.path + "/r.idx" }

    init(_ records: [[UInt8]]) throws {
        folder = try TemporaryFolder()
        self.records = records
        var writer = try RecordWriter(path: folder.path + "/r.rec", indexPath: folder.path + "/r.idx")
        for record in records { try writer.write(record.span) }
        try writer.finish()
    }

    /// Records of all lengths from 0 up and down again, among them some that are stored in several parts.
    convenience init(count: Int = 23) throws {
        try self.init(
            (0..<count).map { number in
                let byteCount = number * 37 % 61
                let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: 1 + (number * 31 + $0) % 250) }
                return number % 5 == 3 ? Self.magic + bytes + Self.magic : bytes
            })
    }

    /// Image records: an id of 1,000 and more, labels, the payload.
    convenience init(labels: [[Float]?], payloads: [[UInt8]]) throws {
        try self.init(
            zip(labels, payloads).enumerated().map { number, pair in
                ImageRecordHeader(label: Float(number) / 2, id: UInt64(1000 + number)).pack(
                    labels: pair.0, image: pair.1.span)
            })
    }

    func open(
        _ changes: [String: ParameterValue] = [:], context: IteratorContext = IteratorContext()
    ) throws(StreamError) -> any BatchSource {
        let parameters: [String: ParameterValue] = ["path_rec": .string(path), "batch_size": .integer(4)]
        return try IteratorCatalog.kind(named: "RecordIter").open(
            parameters.merging(changes) { $1 }, context: context)
    }

    /// Lets `body` read a stream on a pool of its own.
    func withStream<R>(
        _ changes: [String: ParameterValue] = [:], threads: Int = 2, _ body: (PrefetchedStream) async throws -> R
    ) async throws -> R {
        let source = try open(changes)
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        defer { stream.close() }
        return try await body(stream)
    }

    /// Copies of whole epochs from the first on.
    func epochs(
        _ changes: [String: ParameterValue] = [:], threads: Int = 2, count: Int = 1
    ) async throws -> [[BatchCopy]] {
        try await withStream(changes, threads: threads) { stream in
            var result: [[BatchCopy]] = []
            for _ in 0..<count {
                result.append(try await stream.restOfEpoch())
                _ = stream.reset()
            }
            return result
        }
    }
}

extension BatchCopy {
    /// The tensor of lengths.
    var rawLengths: [Int] {
        stride(from: 0, to: tensors[1].count, by: 8).map { start in
            (0..<8).reduce(0) { $0 | Int(tensors[1][start + $1]) << (8 * $1) }
        }
    }

    /// The float32 labels.
    var rawLabels: [Float] {
        stride(from: 0, to: tensors[2].count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(tensors[2][start + $1]) << UInt32(8 * $1) })
        }
    }

    /// All bytes of a row of the data tensor.
    func rawRow(_ row: Int) -> [UInt8] {
        let rowBytes = tensors[0].count / rawLengths.count
        return Array(tensors[0][row * rowBytes..<(row + 1) * rowBytes])
    }

    /// The records of the rows that are not padding.
    var rawRecords: [[UInt8]] { (0..<rawLengths.count - pad).map { Array(rawRow($0).prefix(rawLengths[$0])) } }
}

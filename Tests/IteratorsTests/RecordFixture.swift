import DataTypes
import ImageCodec
import Iterators
import Pipeline
import RecordIO
import TestSupport

/// A folder with one data set of small PNG images, whose pixels follow from (id, y, x, channel).
struct RecordFixture {
    static let side = 8
    let folder: TemporaryFolder
    let count: Int

    var recordPath: String { folder.path + "/data.rec" }
    var indexPath: String { folder.path + "/data.idx" }

    /// - Parameters:
    ///   - count: records; their ids are 100, 101, …, and label `k` of id `i` is `i + k / 4`.
    ///   - labelWidth: labels of a record; 1 stands in the header itself.
    ///   - damaged: ordinals of records whose image is cut in the middle.
    ///   - extraBytes: zeros behind every image.
    init(count: Int, labelWidth: Int = 1, damaged: Set<Int> = [], extraBytes: Int = 0) throws {
        folder = try TemporaryFolder()
        self.count = count
        var writer = try RecordWriter(path: folder.path + "/data.rec", indexPath: folder.path + "/data.idx")
        for ordinal in 0..<count {
            let id = UInt64(100 + ordinal)
            var image = try Self.png(id: id)
            if damaged.contains(ordinal) { image.removeLast(image.count / 2) }
            image += [UInt8](repeating: 0, count: extraBytes)
            let labels = (0..<labelWidth).map { Float(id) + Float($0) / 4 }
            let header = ImageRecordHeader(label: labels[0], id: id)
            let payload = header.pack(labels: labelWidth == 1 ? nil : labels, image: image.span)
            try writer.write(payload.span, key: id)
        }
        try writer.finish()
    }

    /// Red, green or blue of a pixel.
    static func value(id: UInt64, y: Int, x: Int, channel: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: Int(id) &* 37 &+ y &* 29 &+ x &* 11 &+ channel &* 83)
    }

    static func png(id: UInt64) throws -> [UInt8] {
        var image = PixelBuffer()
        image.reshape(width: side, height: side, channels: 3)
        var pixels = image.mutablePixels
        for y in 0..<side {
            for x in 0..<side {
                for channel in 0..<3 {
                    // The buffer is BGR.
                    pixels[(y * side + x) * 3 + 2 - channel] = value(id: id, y: y, x: x, channel: channel)
                }
            }
        }
        return try PNGEncoder().encode(image)
    }

    /// Parameters that read the data set as it is, with `more` over them.
    func parameters(_ more: [String: ParameterValue] = [:]) -> [String: ParameterValue] {
        let basic: [String: ParameterValue] = [
            "path_imgrec": .string(recordPath), "batch_size": .integer(4),
            "data_shape": .list([.integer(3), .integer(Self.side), .integer(Self.side)]),
        ]
        return basic.merging(more) { $1 }
    }

    func open(
        _ iterator: String = "ImageRecordIter", _ more: [String: ParameterValue] = [:]
    ) throws -> any BatchSource {
        try IteratorCatalog.kind(named: iterator).open(parameters(more), context: IteratorContext())
    }

    /// Copies of the batches of the first epochs.
    func epochs(
        _ count: Int = 1, of iterator: String = "ImageRecordIter", _ more: [String: ParameterValue] = [:],
        threads: Int = 2
    ) async throws -> [[BatchCopy]] {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: try open(iterator, more), start: BatchAddress(epoch: 0, step: 0), pool: pool,
            allocator: HeapSlabAllocator())
        defer { stream.close() }
        var result: [[BatchCopy]] = []
        for _ in 0..<count {
            result.append(try await stream.restOfEpoch())
            _ = stream.reset()
        }
        return result
    }

    func epoch(
        of iterator: String = "ImageRecordIter", _ more: [String: ParameterValue] = [:]
    ) async throws -> [BatchCopy] { try await epochs(of: iterator, more)[0] }
}

extension BatchCopy {
    /// Ids of the rows that are data of the epoch.
    var ids: [UInt64] { Array(index.dropLast(pad)) }

    /// The label tensor.
    var labels: [Float] { Self.floats(tensors[1]) }

    /// The data tensor, when it is of floats.
    var floatData: [Float] { Self.floats(tensors[0]) }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
        }
    }

    /// The data tensor as numbers of two bytes.
    var halfWords: [UInt16] {
        stride(from: 0, to: tensors[0].count, by: 2).map { UInt16(tensors[0][$0]) | UInt16(tensors[0][$0 + 1]) << 8 }
    }
}

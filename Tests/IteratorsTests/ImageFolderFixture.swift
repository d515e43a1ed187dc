import DataTypes
import Iterators
import Pipeline
import TestSupport

/// A folder of small PNG files, `cat/100.png`, `dog/101.png`, …, with the pixels of `RecordFixture`, and a list of them.
struct ImageFolderFixture {
    let folder: TemporaryFolder
    let count: Int

    var listPath: String { folder.path + "/images.lst" }
    var root: String { folder.path + "/tree" }

    static func name(_ ordinal: Int) -> String { (ordinal % 2 == 0 ? "cat/" : "dog/") + "\(100 + ordinal).png" }

    /// - Parameter labels: of an image; `nil` gives its id.
    init(count: Int, labels: (_ ordinal: Int) -> [Float] = { [Float(100 + $0)] }) throws {
        folder = try TemporaryFolder()
        self.count = count
        var lines: [String] = []
        for ordinal in 0..<count {
            let id = UInt64(100 + ordinal)
            try folder.write(try RecordFixture.png(id: id), to: "tree/" + Self.name(ordinal))
            let columns = labels(ordinal).map { String($0) }.joined(separator: "\t")
            lines.append("\(id)\t\(columns)\t\(Self.name(ordinal))\n")
        }
        try folder.write(lines.joined(), to: "images.lst")
    }

    /// Parameters that read the list as it is, with `more` over them.
    func parameters(_ more: [String: ParameterValue] = [:]) -> [String: ParameterValue] {
        let basic: [String: ParameterValue] = [
            "path_imglist": .string(listPath), "path_root": .string(root), "batch_size": .integer(4),
            "data_shape": .list([.integer(3), .integer(RecordFixture.side), .integer(RecordFixture.side)]),
        ]
        return basic.merging(more) { $1 }
    }

    func open(
        _ more: [String: ParameterValue] = [:], iterator: String = "ImageIter",
        context: IteratorContext = IteratorContext()
    ) throws -> any BatchSource {
        try IteratorCatalog.kind(named: iterator).open(parameters(more), context: context)
    }

    /// Copies of the batches of the first epochs.
    func epochs(
        _ count: Int = 1, _ more: [String: ParameterValue] = [:], iterator: String = "ImageIter",
        context: IteratorContext = IteratorContext(), threads: Int = 2
    ) async throws -> [[BatchCopy]] {
        try await batches(of: try open(more, iterator: iterator, context: context), epochs: count, threads: threads)
    }
}

/// Copies of the batches of a source's first epochs.
func batches(of source: any BatchSource, epochs: Int, threads: Int = 2) async throws -> [[BatchCopy]] {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let stream = PrefetchedStream(
        source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
    defer { stream.close() }
    var result: [[BatchCopy]] = []
    for _ in 0..<epochs {
        result.append(try await stream.restOfEpoch())
        _ = stream.reset()
    }
    return result
}

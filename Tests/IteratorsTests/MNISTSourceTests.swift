import DataTypes
import Pipeline
import TestSupport
import Testing

@testable import Iterators

/// MNISTIter as a stream.
struct MNISTSourceTests {
    private let folder: TemporaryFolder
    private let pool = WorkerPool(threads: 2)

    init() throws { folder = try TemporaryFolder() }

    private func write(count: UInt8, images: [UInt8] = [0, 0, 8, 3], imageBytes: Int? = nil, labels: UInt8? = nil)
        throws
    {
        let pixels = (0..<(imageBytes ?? Int(count) * 6)).map { UInt8(truncatingIfNeeded: $0) }
        try folder.write(images + [0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 3] + pixels, to: "i")
        try folder.write([0, 0, 8, 1, 0, 0, 0, labels ?? count] + Array(0..<(labels ?? count)), to: "l")
    }

    private func stream(_ parameters: [String: ParameterValue]) throws -> PrefetchedStream {
        let files: [String: ParameterValue] = [
            "image": .string(folder.path + "/i"), "label": .string(folder.path + "/l"),
        ]
        let source = try IteratorCatalog.kind(named: "MNISTIter").open(
            files.merging(parameters) { $1 }, context: IteratorContext())
        return PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
    }

    @Test(
        "the short last batch is left out, or filled from the epoch's start",
        arguments: [
            ("discard", [0]), ("pad", [0, 1]),
        ])
    func lastBatch(handle: String, pads: [Int]) async throws {
        try write(count: 7)
        let stream = try stream([
            "batch_size": .integer(4), "shuffle": .bool(false), "last_batch_handle": .string(handle),
        ])
        defer { stream.close() }
        for _ in 0..<2 {
            let batches = try await stream.restOfEpoch()
            #expect(batches.map(\.pad) == pads)
            #expect(batches[0].index == [0, 1, 2, 3])
            if handle == "pad" { #expect(batches[1].index == [4, 5, 6, 0]) }
            _ = stream.reset()
        }
    }

    @Test("every epoch has another order unless reshuffle is off", arguments: [true, false])
    func reshuffle(isOn: Bool) async throws {
        try write(count: 40)
        let stream = try stream(["batch_size": .integer(40), "reshuffle": .bool(isOn)])
        defer { stream.close() }
        let first = try await stream.restOfEpoch()[0].index
        _ = stream.reset()
        let second = try await stream.restOfEpoch()[0].index
        #expect(first != Array(0..<40) && first.sorted() == Array(0..<40) && second.sorted() == Array(0..<40))
        #expect((first != second) == isOn)
    }

    @Test("files that do not fit are refused")
    func refusals() throws {
        func refused(_ words: String, _ parameters: [String: ParameterValue] = ["batch_size": .integer(2)]) {
            let error = #expect(throws: StreamError.self) { try stream(parameters) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
        try write(count: 4, images: [0, 0, 8, 1])
        refused("swapped")
        try write(count: 4, imageBytes: 23)
        refused("has 23 bytes of data")
        try write(count: 4, imageBytes: 25)
        refused("has 25 bytes of data")
        try write(count: 4, labels: 3)
        refused("4 images and 3 labels")
        try write(count: 0)
        refused("the shape")
        try write(count: 4)
        refused("never full", ["batch_size": .integer(5)])
        try folder.write([0, 0, 8, 3, 0], to: "i")
        refused("fewer than an idx header")
        try folder.write([0, 0, 8, 3] + [UInt8](repeating: 0xFF, count: 12), to: "i")
        refused("the shape")
    }
}

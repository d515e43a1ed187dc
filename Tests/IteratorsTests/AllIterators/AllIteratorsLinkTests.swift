import Augmentation
import DataTypes
import Foundation
import Glibc
import Iterators
import Pipeline
import RecordIO
import TestSupport
import Testing

/// What every iterator promises when links are not followed, as for paths that a client names.
@Suite("every iterator: links", .timeLimit(.minutes(10))) struct AllIteratorsLinkTests {
    /// Whether an epoch can be read.
    private func isReadable(
        _ kind: IteratorKind, _ parameters: [String: ParameterValue], followsLinks: Bool
    ) async -> Bool {
        do {
            var context = IteratorContext()
            context.followsLinks = followsLinks
            let source = try LinkRule.$followsLinks.withValue(followsLinks) {
                try kind.open(parameters, context: context)
            }
            let pool = WorkerPool(threads: 2)
            defer { pool.shutDown() }
            let stream = PrefetchedStream(
                source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
            defer { stream.close() }
            return try await !stream.restOfEpoch().isEmpty
        } catch {
            return false
        }
    }

    private func replacing(_ folder: String, by link: String, in value: ParameterValue) -> ParameterValue {
        switch value {
        case .string(let text): .string(text.replacingOccurrences(of: folder, with: link))
        case .list(let values): .list(values.map { replacing(folder, by: link, in: $0) })
        default: value
        }
    }

    @Test("no parameter leads through a link, and each does where links are followed", arguments: IteratorFixture.all)
    func links(fixture: IteratorFixture) async throws {
        let folder = try TemporaryFolder()
        let link = folder.path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        let basic: [String: ParameterValue] = ["batch_size": .integer(4), "shuffle": .bool(false)]
        let parameters = try fixture.write(folder, 9, []).merging(basic) { $1 }
        #expect(await isReadable(fixture.kind, parameters, followsLinks: false))
        var linkedCount = 0
        for (name, value) in parameters {
            let linked = replacing(folder.path, by: link, in: value)
            guard linked != value else { continue }
            linkedCount += 1
            let changed = parameters.merging([name: linked]) { $1 }
            #expect(await isReadable(fixture.kind, changed, followsLinks: true), "\(name)")
            #expect(await !isReadable(fixture.kind, changed, followsLinks: false), "\(name)")
        }
        #expect(linkedCount > 0)
    }

    @Test("mean_img goes by the same rules, and nothing waits for a pipe", arguments: [true, false])
    func meanImage(followsLinks: Bool) throws {
        let records = try RecordFixture(count: 4)
        let image = MeanImage(channels: 3, height: 8, width: 8, values: [Float](repeating: 1, count: 192))
        let path = try records.folder.write(image.fileBytes, to: "mean.bin")
        let long = try records.folder.write(image.fileBytes + [UInt8](repeating: 0, count: 1 << 20), to: "long.bin")
        let link = records.folder.path + "/link.bin"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let pipe = records.folder.path + "/pipe"
        // The path is a C string for the call.
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        func code(_ file: String) -> StreamError.Code? {
            LinkRule.$followsLinks.withValue(followsLinks) {
                do {
                    _ = try records.open("ImageRecordIter", ["mean_img": .string(file)])
                    return nil
                } catch {
                    return (error as? StreamError)?.code ?? .internalError
                }
            }
        }
        #expect(code(path) == nil)
        #expect(code(long) == nil)
        #expect(code(link) == (followsLinks ? nil : .badData))
        #expect(code(records.folder.path + "/none.bin") == .notFound)
        #expect(code(records.folder.path) == .badData)
        #expect(code(pipe) == .badData)
    }
}

#if HDF5
    import DataTypes
    import Foundation
    import Pipeline
    import TestSupport
    import Testing

    @testable import Iterators

    /// Datasets of `Tests/Fixtures/hdf5/arrays.h5`, which h5py wrote: element (i, j) of those of shape (23, 2) is 2 i + j.
    struct HDF5DatasetTests {
        private static let path = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/hdf5/arrays.h5").path

        private func source(_ parameters: [String: ParameterValue]) throws -> any BatchSource {
            try IteratorCatalog.kind(named: "NDArrayIter").open(parameters, context: IteratorContext())
        }

        private func epoch(_ source: any BatchSource, threads: Int) async throws -> [BatchCopy] {
            let pool = WorkerPool(threads: threads)
            defer { pool.shutDown() }
            let stream = PrefetchedStream(
                source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
            defer { stream.close() }
            return try await stream.restOfEpoch()
        }

        @Test(
            "however a dataset is stored, its rows are the same",
            arguments: ["contiguous", "chunked", "packed", "big", "big_chunked"], [false, true])
        func storage(name: String, shuffles: Bool) async throws {
            func batches(_ text: String, threads: Int) async throws -> [BatchCopy] {
                let source = try source([
                    "data": .string(text), "batch_size": .integer(4), "shuffle": .bool(shuffles),
                ])
                return try await epoch(source, threads: threads)
            }
            let folder = try TemporaryFolder()
            let bytes = NumpyFixture.counting(46, as: Int32.self)
            let plain = try folder.write(NumpyFixture.npy("<i4", shape: [23, 2], data: bytes), to: "x.npy")
            let expected = try await batches(plain, threads: 1)
            for threads in [1, 4] {
                #expect(try await batches(Self.path + "#/" + name, threads: threads) == expected)
            }
        }

        @Test("another axis, booleans and half floats", arguments: [1, 4])
        func kinds(threads: Int) async throws {
            let data = try source([
                "data": .string(Self.path + "#group/axis1"), "batch_size": .integer(5), "layout": .string("TNC"),
                "shuffle": .bool(true),
            ])
            #expect(data.info.provideData[0].shape == [2, 5, 3])
            for batch in try await epoch(data, threads: threads) {
                let expected = (0..<2).flatMap { t in
                    batch.index.flatMap { n in (0..<3).map { Int32(t * 69 + Int(n) * 3 + $0) } }
                }
                #expect(batch.tensors[0] == expected.flatMap { NumpyFixture.little(Int($0), 4) })
            }
            let flags = try source(["data": .string(Self.path + "#/flags"), "batch_size": .integer(23)])
            #expect(flags.info.provideData[0].elementType == .bool)
            #expect(try await epoch(flags, threads: threads)[0].tensors[0] == (0..<23).map { $0 % 3 == 0 ? 1 : 0 })
            let half = try source([
                "data": .string(Self.path + "#/half"), "batch_size": .integer(2), "float32": .bool(true),
            ])
            #expect(try await epoch(half, threads: threads)[0].tensors[0] == [0, 0, 0, 0, 0, 0, 0x80, 0x3F])
        }

        @Test(
            "what is no array of this file is refused for its reason",
            arguments: [
                ("text", "no numbers"), ("complex", "no numbers"), ("enum", "an enumeration"),
                ("single", "single number"),
                ("soft", "over a link"), ("external", "over a link"), ("external/x", "over a link"),
                ("elsewhere", "in another file"), ("nothing", "no dataset of that name"),
                ("group", "no dataset of that name"),
                ("", "says no dataset"),
            ])
        func refusals(name: String, words: String) {
            let error = #expect(throws: StreamError.self) {
                try source(["data": .string(Self.path + (name.isEmpty ? "" : "#/" + name))])
            }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }

        @Test("a file that is cut is refused or gives the rows that are there; it never traps")
        func cuts() async throws {
            let whole = try Array(Data(contentsOf: URL(filePath: Self.path)))
            let folder = try TemporaryFolder()
            for count in stride(from: 0, to: whole.count, by: 997) {
                let path = try folder.write(Array(whole.prefix(count)), to: "x.h5")
                for name in ["contiguous", "packed"] {
                    guard let source = try? source(["data": .string(path + "#/" + name)]) else { continue }
                    _ = try? await epoch(source, threads: 1)
                }
            }
        }
    }
#endif

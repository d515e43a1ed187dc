import DataTypes
import Foundation
import HeadraceClient
import Iterators
import Pipeline
import RecordIO
import TestSupport
import Testing

/// Files, iterator, pool, server, transport and Swift client together.
struct EndToEndTests {
    private static let epochs = 2

    /// A .rec file of real photographs in a folder of its own.
    private func withPhotographs<R>(_ body: (_ folder: String, _ path: String) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("headrace-e2e-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let photos = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/photos")
        let files = try #require(FileManager.default.enumerator(at: photos, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "jpg" }.sorted { $0.path < $1.path }
        #expect(files.count >= 20)
        let path = folder + "/photos.rec"
        var writer = try RecordWriter(path: path)
        for (id, file) in files.prefix(21).enumerated() {
            let header = ImageRecordHeader(label: Float(id % 4), id: UInt64(id))
            let image = [UInt8](try Data(contentsOf: file))
            try writer.write(header.pack(image: image.span).span)
        }
        try writer.finish()
        return try await body(folder, path)
    }

    private func parameters(_ path: String) -> [String: ParameterValue] {
        [
            "path_imgrec": .string(path), "data_shape": .string("(3,80,96)"), "batch_size": .integer(4),
            "shuffle": .bool(true), "seed": .integer(11), "resize": .integer(112), "rand_crop": .bool(true),
            "rand_mirror": .bool(true), "max_rotate_angle": .integer(15), "random_h": .integer(20),
            "contrast": .number(0.3), "pca_noise": .number(0.1), "mean_r": .number(120), "std_r": .number(60),
        ]
    }

    private func inProcess(_ path: String, threads: Int) async throws -> [BatchCopy] {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let source = try IteratorCatalog.kind(named: "ImageRecordIter").open(
            parameters(path), context: IteratorContext())
        let stream = PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
        defer { stream.close() }
        var result: [BatchCopy] = []
        for _ in 0..<Self.epochs {
            result += try await stream.restOfEpoch()
            _ = stream.reset()
        }
        return result
    }

    private func clientParameters(_ path: String) -> [String: HeadraceValue] {
        parameters(path).mapValues { value in
            switch value {
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            default: .string("\(value)".replacing("'", with: ""))
            }
        }
    }

    private func overSocket(_ address: String, _ path: String) async throws -> [BatchCopy] {
        let client = try await HeadraceClient.connect(address, options: .patient)
        let stream = try await client.open(iterator: "ImageRecordIter", parameters: clientParameters(path))
        var result: [BatchCopy] = []
        for _ in 0..<Self.epochs {
            var count = 0
            for try await batch in stream {
                result.append(BatchCopy(batch))
                count += 1
            }
            #expect(count == stream.stepsPerEpoch)
            try await stream.reset()
        }
        await client.close()
        return result
    }

    @Test("1, 2 and 8 threads, in process, over Unix and over TCP: the same bytes")
    func oneHash() async throws {
        try await withPhotographs { folder, path in
            let reference = try await inProcess(path, threads: 1)
            #expect(reference.count == 12)
            for threads in [1, 2, 8] {
                #expect(try await inProcess(path, threads: threads) == reference)
                let endpoints = ["unix:\(folder)/\(threads).sock", "tcp://127.0.0.1:0"]
                let results = try await withServer(endpoints, threads: threads, roots: [folder]) { bound in
                    var results: [[BatchCopy]] = []
                    for address in bound { results.append(try await overSocket(address, path)) }
                    return results
                }
                for result in results { #expect(result == reference) }
            }
        }
    }

    @Test(
        "a run cut off at any step and resumed by its token goes on where it stopped", arguments: [1, 2, 5, 6, 9, 11])
    func resume(cut: Int) async throws {
        try await withPhotographs { folder, path in
            let reference = try await inProcess(path, threads: 2)
            let result = try await withServer(["unix:\(folder)/data.sock"], threads: 2, roots: [folder]) { bound in
                let first = try await HeadraceClient.connect(bound[0], options: .patient)
                var stream = try await first.open(iterator: "ImageRecordIter", parameters: clientParameters(path))
                var batches: [BatchCopy] = []
                while batches.count < cut {
                    if let batch = try await stream.next() {
                        batches.append(BatchCopy(batch))
                    } else {
                        try await stream.reset()
                    }
                }
                let token = stream.token
                await first.close()
                let second = try await HeadraceClient.connect(bound[0], options: .patient)
                stream = try await second.open(
                    iterator: "ImageRecordIter", parameters: clientParameters(path), token: token)
                while batches.count < reference.count {
                    if let batch = try await stream.next() {
                        batches.append(BatchCopy(batch))
                    } else {
                        try await stream.reset()
                    }
                }
                await second.close()
                return batches
            }
            #expect(result == reference)
        }
    }

    @Test("a token of other data or another spec is refused, and says which")
    func foreignToken() async throws {
        try await withPhotographs { folder, path in
            try await withServer(["unix:\(folder)/data.sock"], threads: 1, roots: [folder]) { bound in
                let client = try await HeadraceClient.connect(bound[0], options: .patient)
                var other = clientParameters(path)
                other["seed"] = 12
                let stream = try await client.open(iterator: "ImageRecordIter", parameters: other)
                let token = stream.token
                try await stream.close()
                let error = await #expect(throws: HeadraceError.self) {
                    _ = try await client.open(
                        iterator: "ImageRecordIter", parameters: clientParameters(path), token: token)
                }
                #expect(error?.code == .stateMismatch && error?.message.contains("another spec") == true)
                await client.close()
            }
        }
    }

    @Test("lists and folders of files are served from within the roots, and links out of them are not")
    func paths() async throws {
        try await withPhotographs { folder, path in
            try FileManager.default.createDirectory(atPath: folder + "/in", withIntermediateDirectories: true)
            for name in ["a", "b"] {
                try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/in/\(name).rec")
            }
            try await withServer(["unix:\(folder)/data.sock"], threads: 1, roots: [folder + "/in"]) { bound in
                let client = try await HeadraceClient.connect(bound[0], options: .patient)
                for paths in ["\(folder)/in/a.rec;\(folder)/in/b.rec", "\(folder)/in", "\(folder)/in/*.rec"] {
                    let stream = try await client.open(
                        iterator: "ImageRecordIter", parameters: clientParameters(paths))
                    #expect(stream.recordCount == 42, "\(paths)")
                    try await stream.close()
                }
                try FileManager.default.createSymbolicLink(atPath: folder + "/in/c.rec", withDestinationPath: path)
                for paths in [
                    "\(folder)/in/c.rec", "\(folder)/in", "\(folder)/in/*.rec", path, "\(folder)/in/../photos.rec",
                ] {
                    let error = await #expect(throws: HeadraceError.self, "\(paths)") {
                        _ = try await client.open(iterator: "ImageRecordIter", parameters: clientParameters(paths))
                    }
                    #expect(error?.code.rawValue == "forbidden_path", "\(paths): \(String(describing: error))")
                }
                await client.close()
            }
        }
    }

    @Test("sparse batches reach the Swift client with every row's elements")
    func sparse() async throws {
        let folder = try TemporaryFolder()
        let lines = (0..<50).map { row in "\(row)" + (0..<row % 4).map { " \(row + $0 * 50):\(row).5" }.joined() }
        let path = try folder.write(lines.joined(separator: "\n"), to: "t")
        try await withServer(["unix://\(folder.path)/s"], threads: 2, roots: [folder.path]) { addresses in
            let client = try await HeadraceClient.connect(addresses[0], options: .patient)
            let stream = try await client.open(
                iterator: "LibSVMIter",
                parameters: ["data_libsvm": .string(path), "data_shape": 200, "batch_size": 7, "round_batch": false])
            #expect(stream.provideData[0].isSparse && stream.provideData[0].shape == [7, 200])
            #expect(!stream.provideLabel[0].isSparse)
            var next = 0
            for try await batch in stream {
                let matrix = try #require(batch.sparse["data"])
                #expect(batch.sparse.count == 1 && matrix.rows == 7 && matrix.columns == 200)
                let values = matrix.values
                let indices = matrix.indices
                let labels = batch.label[0]
                for row in 0..<7 {
                    let elements = matrix.elements(ofRow: row)
                    guard row < 7 - batch.pad else {
                        #expect(elements.isEmpty)
                        continue
                    }
                    #expect(elements.count == next % 4)
                    for (offset, position) in elements.enumerated() {
                        let (value, column) = (
                            values.span(as: Float.self)[position], indices.span(as: Int64.self)[position]
                        )
                        #expect(value == Float(next) + 0.5 && column == Int64(next + offset * 50))
                    }
                    let label = labels.span(as: Float.self)[row]
                    #expect(label == Float(next))
                    next += 1
                }
                let used = matrix.elements(ofRow: 6).upperBound
                #expect(matrix.values.shape == [used] && values.span(as: Float.self).count == used)
            }
            #expect(next == 50)
            await client.close()
        }
    }

    @Test("the Swift client hands arrays over, and reads batches of them", arguments: [7, 400_000])
    func arrays(rows: Int) async throws {
        let folder = try TemporaryFolder()
        let values = (0..<2 * rows).map { Float($0) }
        let labels = Array(0..<rows)
        try await withServer(
            ["unix:\(folder.path)/s", "tcp://127.0.0.1:0"], threads: 2, roots: [], handsArraysOver: true
        ) { bound in
            for address in bound {
                let client = try await HeadraceClient.connect(address, options: .patient)
                let name = "x-\(folder.path.suffix(8))-\(address.hasPrefix("unix"))"
                let data = try HeadraceArray(name, values, shape: [rows, 2])
                let label = try HeadraceArray("y", labels, shape: [rows])
                try await client.attach(data)
                try await client.attach(label)
                let error = await #expect(throws: HeadraceError.self) { try await client.attach(label) }
                #expect(error?.message.contains("has been handed over already") == true)
                // The server is in this process.
                let mappings = ProcessMaps.count(ofMemoryFile: "headrace-" + name)
                #expect(mappings == (address.hasPrefix("unix") && rows == 400_000 ? 1 : 0))
                let stream = try await client.open(
                    iterator: "NDArrayIter",
                    parameters: [
                        "data": data.reference, "label": [["number", label.reference]], "batch_size": .integer(rows),
                    ])
                #expect(stream.provideLabel.map(\.name) == ["number"])
                let batch = try #require(try await stream.next())
                let (floats, numbers) = (batch.data[0], batch.label[0])
                #expect(floats.span(as: Float.self).count == 2 * rows)
                #expect((0..<2 * rows).allSatisfy { floats.span(as: Float.self)[$0] == Float($0) })
                #expect((0..<rows).allSatisfy { numbers.span(as: Int64.self)[$0] == Int64($0) })
                await client.close()
            }
        }
        #expect(throws: HeadraceError.self) { try HeadraceArray("x", [Float(1)], shape: [2]) }
    }

    @Test(
        "an array that is refused leaves nothing behind that the next one could be taken for", arguments: [1, 50_000])
    func refusedArrays(rows: Int) async throws {
        let folder = try TemporaryFolder()
        try await withServer(
            ["unix:\(folder.path)/s"], threads: 1, roots: [], handsArraysOver: true
        ) { bound in
            let client = try await HeadraceClient.connect(bound[0], options: .patient)
            let first = try HeadraceArray("x", [Int](repeating: 1, count: rows), shape: [rows])
            let second = try HeadraceArray("y", [Int](repeating: 2, count: rows), shape: [rows])
            try await client.attach(first)
            for array in [first, try HeadraceArray("no name", [Int](repeating: 3, count: rows), shape: [rows])] {
                await #expect(throws: HeadraceError.self) { try await client.attach(array) }
            }
            try await client.attach(second)
            let stream = try await client.open(
                iterator: "NDArrayIter",
                parameters: ["data": .list([first.reference, second.reference]), "batch_size": .integer(rows)])
            let batch = try #require(try await stream.next())
            for (tensor, value) in zip(batch.data, [Int64(1), 2]) {
                #expect((0..<rows).allSatisfy { tensor.span(as: Int64.self)[$0] == value })
            }
            await client.close()
        }
    }
}

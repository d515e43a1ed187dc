import DataTypes
import Foundation
import Pipeline
import TestSupport
import Testing

@testable import Iterators

/// NDArrayIter as a stream.
struct NDArraySourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func source(
        _ parameters: [String: ParameterValue], arrays: [HandedArray] = [],
        authorise: @escaping @Sendable (String, String) throws(StreamError) -> String = { path, _ in path }
    ) throws -> any BatchSource {
        var context = IteratorContext(cacheDirectory: folder.path, authorise: authorise)
        context.arrays = Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0) })
        return try IteratorCatalog.kind(named: "NDArrayIter").open(parameters, context: context)
    }

    /// Copies of the batches of the first epochs.
    private func epochs(
        _ source: any BatchSource, count: Int = 1, threads: Int = 2, from start: BatchAddress? = nil
    ) async throws -> [[BatchCopy]] {
        let pool = WorkerPool(threads: threads)
        defer { pool.shutDown() }
        let stream = PrefetchedStream(
            source: source, start: start ?? BatchAddress(epoch: 0, step: 0), pool: pool,
            allocator: HeapSlabAllocator())
        defer { stream.close() }
        var result: [[BatchCopy]] = []
        for _ in 0..<count {
            result.append(try await stream.restOfEpoch())
            _ = stream.reset()
        }
        return result
    }

    @discardableResult
    private func write(
        _ name: String, _ descr: String = "<i4", shape: [Int], fortran: Bool = false, data: [UInt8]? = nil
    ) throws -> ParameterValue {
        let data = data ?? NumpyFixture.counting(shape.reduce(1, *), as: Int32.self, bigEndian: descr.hasPrefix(">"))
        return .string(
            try folder.write(NumpyFixture.npy(descr, shape: shape, fortran: fortran, data: data), to: name))
    }

    private func handed(_ name: String, shape: [Int]) -> HandedArray {
        HandedArray(
            name: name, shape: ArrayShape(elementType: .int32, extents: shape)!,
            copying: NumpyFixture.counting(shape.reduce(1, *), as: Int32.self))
    }

    private static func numbers(_ bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count, by: 4).map { start in
            Int(Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }))
        }
    }

    @Test("rows come whole and in order, from a file and from an array that was handed over", arguments: [true, false])
    func rows(isFile: Bool) async throws {
        let data = isFile ? try write("x.npy", shape: [10, 3]) : .string("array:x")
        let source = try source(
            ["data": data, "batch_size": .integer(4)], arrays: isFile ? [] : [handed("x", shape: [10, 3])])
        let batches = try await epochs(source)[0]
        #expect(batches.map(\.pad) == [0, 0, 2])
        #expect(batches.map(\.index) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]])
        #expect(batches.flatMap { Self.numbers($0.tensors[0]) } == Array(0..<30) + Array(0..<6))
        #expect(
            source.info.provideData == [
                DataDesc(name: "data", shape: [4, 3], elementType: .int32, layout: "NCHW")
            ])
    }

    @Test("single arrays, lists and pairs are named and sorted as MXNet does it")
    func names() throws {
        let file = try write("x.npy", shape: [4, 2])
        func names(_ data: ParameterValue, _ label: ParameterValue = .null) throws -> [String] {
            let info = try source(["data": data, "label": label, "data_name": .string("d")]).info
            return (info.provideData + info.provideLabel).map(\.name)
        }
        #expect(try names(file) == ["d"])
        #expect(try names(.list([file])) == ["d"])
        #expect(try names(.list([file, file]), file) == ["_0_d", "_1_d", "softmax_label"])
        // As text: 10 comes before 2.
        let eleven = try names(.list(Array(repeating: file, count: 11)))
        #expect(Array(eleven.prefix(3)) == ["_0_d", "_10_d", "_1_d"])
        let pairs = ParameterValue.list([.list([.string("zeta"), file]), .list([.string("alpha"), file])])
        #expect(try names(pairs, .list([.list([.string("y"), file])])) == ["alpha", "zeta", "y"])
    }

    @Test("the samples are along the layout's N, in the batch too", arguments: [1, 4])
    func batchAxis(threads: Int) async throws {
        // x[t][n][c] = 100 t + 10 n + c.
        let (times, samples, channels) = (3, 7, 2)
        let values = (0..<times).flatMap { t in
            (0..<samples).flatMap { n in (0..<channels).map { 100 * t + 10 * n + $0 } }
        }
        let bytes = values.flatMap { NumpyFixture.little($0, 4) }
        let file = try write("tnc.npy", shape: [times, samples, channels], data: bytes)
        let label = try write("label.npy", shape: [samples])
        let source = try source([
            "data": file, "label": label, "batch_size": .integer(3), "layout": .string("TNC"),
            "shuffle": .bool(true), "seed": .integer(3),
        ])
        #expect(source.info.provideData[0].shape == [times, 3, channels])
        #expect(source.info.provideLabel[0].shape == [3])
        #expect(source.info.recordCount == samples)
        var seen: [UInt64] = []
        for batch in try await epochs(source, threads: threads)[0] {
            let rows = batch.index
            let expected = (0..<times).flatMap { t in
                rows.flatMap { n in (0..<channels).map { 100 * t + 10 * Int(n) + $0 } }
            }
            #expect(Self.numbers(batch.tensors[0]) == expected)
            #expect(Self.numbers(batch.tensors[1]) == rows.map { Int($0) })
            seen += rows.dropLast(batch.pad)
        }
        #expect(seen.sorted() == (0..<7).map { UInt64($0) })
    }

    @Test("rows that a file lost since it was opened are left out, their gaps closed along the batch axis")
    func lostRows() async throws {
        // The last block of every row with a number of 5 or more goes.
        let file = try write("tn.npy", shape: [2, 8])
        guard case .string(let path) = file else { return }
        let source = try source([
            "data": file, "batch_size": .integer(8), "layout": .string("TN"), "shuffle": .bool(true),
            "on_bad_record": .string("skip"),
        ])
        let whole = try folder.read("tn.npy")
        try FileHandle(forWritingTo: URL(filePath: path)).truncate(atOffset: UInt64(whole.count - 12))
        let batch = try await epochs(source)[0][0]
        #expect(batch.pad == 3 && batch.badRecords.map(\.ordinal).sorted() == [5, 6, 7])
        #expect(batch.badRecords.allSatisfy { $0.reason == "file_changed" })
        let rows = batch.index.prefix(5).map { Int($0) }
        #expect(rows.sorted() == [0, 1, 2, 3, 4])
        #expect(batch.index.suffix(3).allSatisfy { $0 == .max })
        #expect(
            Self.numbers(batch.tensors[0]) == rows + [0, 0, 0] + rows.map { $0 + 8 } + [0, 0, 0])
    }

    @Test("big-endian and Fortran-order files give the same batches as plain ones")
    func foreignOrders() async throws {
        let shape = [5, 3, 2]
        let plain = try await epochs(source(["data": write("c.npy", shape: shape), "batch_size": .integer(2)]))
        let big = try await epochs(source(["data": write("b.npy", ">i4", shape: shape), "batch_size": .integer(2)]))
        #expect(big == plain)
        // Element (i, j, k), which is 6 i + 2 j + k, lies at i + 5 j + 15 k.
        var elements = [Int](repeating: 0, count: 30)
        for i in 0..<5 { for j in 0..<3 { for k in 0..<2 { elements[i + 5 * j + 15 * k] = 6 * i + 2 * j + k } } }
        let data = elements.flatMap { NumpyFixture.little($0, 4) }
        let turned = try await epochs(
            source(["data": write("f.npy", shape: shape, fortran: true, data: data), "batch_size": .integer(2)]))
        #expect(turned == plain)
        // Nothing of the unpacked file is left in the folder.
        #expect(try folder.names == ["b.npy", "c.npy", "f.npy"])
    }

    @Test("values keep their type, or become float32 when asked")
    func float32() async throws {
        let data = try write(
            "x.npy", "<i8", shape: [2, 2], data: [1, 0, 1 << 24, -3].flatMap { NumpyFixture.little($0, 8) })
        let kept = try source(["data": data, "batch_size": .integer(2)])
        #expect(kept.info.provideData[0].elementType == .int64)
        let converted = try source(["data": data, "batch_size": .integer(2), "float32": .bool(true)])
        #expect(converted.info.provideData[0].elementType == .float32)
        let bytes = try await epochs(converted)[0][0].tensors[0]
        #expect(Self.numbers(bytes).map { Float(bitPattern: UInt32(bitPattern: Int32($0))) } == [1, 0, 16_777_216, -3])
        #expect(kept.info.specHash != converted.info.specHash)
    }

    @Test("every element type becomes the float of the same value")
    func conversions() {
        func convert(_ bytes: [UInt8], _ type: ElementType) -> [Float] {
            var output = [Float](repeating: -1, count: bytes.count / type.byteWidth)
            unsafe bytes.withUnsafeBytes { input in
                unsafe output.withUnsafeMutableBytes { unsafe convertToFloat32(input, type, to: $0) }
            }
            return output
        }
        #expect(convert([0, 1, 7], .bool) == [0, 1, 1])
        #expect(convert([0, 255], .uint8) == [0, 255])
        #expect(convert([0x80, 1], .int8) == [-128, 1])
        #expect(convert([0xFF, 0xFF], .uint16) == [65_535])
        #expect(convert([0xFE, 0xFF], .int16) == [-2])
        #expect(convert([0xFF, 0xFF, 0xFF, 0xFF], .uint32) == [4_294_967_296])
        #expect(convert(NumpyFixture.little((1 << 24) + 1, 4), .int32) == [16_777_216])
        #expect(convert(NumpyFixture.little(-1, 8), .uint64) == [18_446_744_073_709_551_616])
        #expect(convert(NumpyFixture.little(-5, 8), .int64) == [-5])
        #expect(convert([0x00, 0x3C, 0x00, 0xC0], .float16) == [1, -2])
        #expect(convert([0x80, 0x3F], .bfloat16) == [1])
        #expect(convert(NumpyFixture.little(Int(bitPattern: UInt(0.1.bitPattern)), 8), .float64) == [0.1])
    }

    @Test("an archive's arrays are served, stored, deflated or with zip64, all of them or one by name")
    func archives() async throws {
        let members = ["a", "b", "c"].enumerated().map { place, name in
            NumpyFixture.Member(
                name: name + ".npy",
                bytes: NumpyFixture.npy("<i4", shape: [500, 3], data: NumpyFixture.counting(1500, as: Int32.self)),
                isDeflated: place == 1, isZip64: place == 2)
        }
        let path = try folder.write(NumpyFixture.npz(members + [.init(name: "readme.txt", bytes: [1])]), to: "x.npz")
        let all = try source(["data": .string(path), "batch_size": .integer(500)])
        #expect(all.info.provideData.map(\.name) == ["a", "b", "c"])
        for tensor in try await epochs(all)[0][0].tensors.prefix(3) {
            #expect(Self.numbers(tensor) == Array(0..<1500))
        }
        let one = try source(["data": .string(path + "#b"), "label": .string(path + "#c"), "batch_size": .integer(4)])
        #expect(one.info.provideData.map(\.name) == ["data"] && one.info.provideLabel.map(\.name) == ["softmax_label"])
        #expect(try folder.names == ["x.npz"])
    }

    @Test("archives that cannot be true are refused for their reason")
    func badArchives() throws {
        let bytes = NumpyFixture.npy("<i4", shape: [40], data: NumpyFixture.counting(40, as: Int32.self))
        func refused(_ words: String, _ archive: [UInt8], _ suffix: String = "") throws {
            let path = try folder.write(archive, to: "x.npz")
            let error = #expect(throws: StreamError.self) { try source(["data": .string(path + suffix)]) }
            #expect(error?.description.contains(words) == true, "\(words): \(String(describing: error))")
            #expect(try folder.names == ["x.npz"])
        }
        func npz(_ change: (inout NumpyFixture.Member) -> Void) -> [UInt8] {
            var member = NumpyFixture.Member(name: "a.npy", bytes: bytes, isDeflated: true)
            change(&member)
            return NumpyFixture.npz([member])
        }
        let good = npz { _ in }
        try refused("no array 'b'", good, "#b")
        try refused("no array in it", NumpyFixture.npz([.init(name: "a.txt", bytes: bytes)]))
        try refused("checksum is wrong", npz { $0.checksum = 1 })
        try refused("damaged", npz { $0.claimedBytes = bytes.count - 1 })
        try refused("damaged", npz { $0.claimedBytes = bytes.count + 1 })
        try refused("a stream has room for 17179869184", npz { ($0.isZip64, $0.claimedBytes) = (true, 1 << 50) })
        try refused("has two sizes", npz { ($0.isDeflated, $0.claimedBytes) = (false, 1) })
        // The data ends before the array does.
        try refused(
            "asks for 160", npz { ($0.isDeflated, $0.bytes) = (false, Array(bytes.dropLast(4))) })
        for count in stride(from: 0, to: good.count, by: 7) {
            let path = try folder.write(Array(good.prefix(count)), to: "x.npz")
            #expect(throws: StreamError.self, "\(count)") { try source(["data": .string(path)]) }
        }
    }

    @Test("any byte of an archive may change: it is refused or served, and nothing traps")
    func fuzz() throws {
        let bytes = NumpyFixture.npy("<i4", shape: [4], data: NumpyFixture.counting(4, as: Int32.self))
        let good = NumpyFixture.npz([
            .init(name: "a.npy", bytes: bytes, isDeflated: true), .init(name: "b.npy", bytes: bytes, isZip64: true),
        ])
        for place in good.indices {
            for change in [0xFF, 0x01, 0x80] as [UInt8] {
                var damaged = good
                damaged[place] ^= change
                let path = try folder.write(damaged, to: "x.npz")
                _ = try? source(["data": .string(path)])
            }
        }
    }

    @Test("parameters and files that do not fit are refused by name")
    func refusals() throws {
        let file = try write("x.npy", shape: [4, 2])
        func refused(_ words: String, _ parameters: [String: ParameterValue]) {
            let error = #expect(throws: StreamError.self) { try source(parameters) }
            #expect(error?.description.contains(words) == true, "\(words): \(String(describing: error))")
        }
        refused("needs the parameter 'data'", [:])
        refused("needs the parameter 'data'", ["data": .list([])])
        refused("expected a file, an array", ["data": .integer(3)])
        refused("expected a file, an array", ["data": .list([.list([.string("x")])])])
        refused("names no .npy", ["data": .string("/x.csv")])
        refused("does not exist", ["data": .string(folder.path + "/y.npy")])
        refused("no array 'z' has been handed over", ["data": .string("array:z")])
        refused("pad, discard, roll_over", ["data": file, "last_batch_handle": .string("keep")])
        refused("an N among them", ["data": file, "layout": .string("TC")])
        refused("is a single number", ["data": try write("s.npy", shape: [])])
        refused("samples are empty", ["data": try write("e.npy", shape: [3, 0])])
        refused("would be called 'data'", ["data": file, "label": .list([.list([.string("data"), file])])])
        refused("'index' holds the rows' numbers", ["data": .list([.list([.string("index"), file])])])
        refused("1 to 128 bytes", ["data": .list([.list([.string(""), file])])])
        refused(
            "label 'softmax_label' has 3 rows, data 'data' has 4",
            ["data": file, "label": try write("l.npy", shape: [3])])
        refused("more than the", ["data": try write("w.npy", shape: [1, 1 << 20]), "batch_size": .integer(1 << 20)])
        refused("64", ["data": .list(Array(repeating: file, count: 65))])
        refused("count or global", ["data": file, "partition": .string("bytes")])
        refused(
            "roll_over delivers none",
            ["data": file, "last_batch_handle": .string("roll_over"), "even_parts": .bool(true)])
        #if !HDF5
            refused("is built without HDF5", ["data": .string("/x.h5#/a")])
        #endif
        try folder.write(Array("hello".utf8), to: "t.npy")
        refused("does not begin as a .npy file does", ["data": .string(folder.path + "/t.npy")])
        try folder.write(NumpyFixture.npy("|O", shape: [3], data: [0]), to: "o.npy")
        refused("numpy.ndarray.astype", ["data": .string(folder.path + "/o.npy")])
        try folder.write(NumpyFixture.npy(shape: [3], data: [0]), to: "short.npy")
        refused("has 1 bytes of data; its shape asks for 12", ["data": .string(folder.path + "/short.npy")])
    }

    @Test("a longer array is cut, with a warning")
    func surplus() async throws {
        let source = try source([
            "data": write("x.npy", shape: [3]), "label": write("l.npy", shape: [5]), "batch_size": .integer(3),
        ])
        #expect(
            source.info.warnings == ["label 'softmax_label' has 5 rows, data 'data' has 3: the surplus is not used"])
        #expect(try await epochs(source)[0].map { Self.numbers($0.tensors[1]) } == [[0, 1, 2]])
    }

    @Test("every path is authorised, also those in lists, and what it comes to is opened")
    func authorisation() throws {
        let real = try write("real.npy", shape: [4])
        guard case .string(let path) = real else { return }
        let authorise: @Sendable (String, String) throws(StreamError) -> String = {
            (asked, parameter) throws(StreamError) in
            guard asked.hasSuffix("/open.npy") else {
                throw StreamError(.forbiddenPath, "\(parameter) \(asked)")
            }
            return path
        }
        _ = try source(["data": .string("/open.npy")], authorise: authorise)
        for data in [
            ParameterValue.string("/secret.npy"), .list([.string("/open.npy"), .string("/secret.npy")]),
            .list([.list([.string("x"), .string("/secret.npz#a")])]),
        ] {
            let error = #expect(throws: StreamError.self) { try source(["data": data], authorise: authorise) }
            #expect(error?.code == .forbiddenPath)
        }
    }

    @Test("a token is of these data: other contents, another file or another order have another hash")
    func manifests() throws {
        func hash(_ data: ParameterValue, _ arrays: [HandedArray] = []) throws -> String {
            try source(["data": data], arrays: arrays).info.manifestHash
        }
        let file = try write("x.npy", shape: [4, 2])
        #expect(try hash(file) == hash(file))
        let longer = try write("x.npy", shape: [5, 2])
        let first = try hash(longer)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: folder.path + "/x.npy")
        #expect(try hash(longer) != first)
        let array = handed("a", shape: [8])
        #expect(try hash(.string("array:a"), [array]) == hash(.string("array:b"), [handed("b", shape: [8])]))
        #expect(try hash(.string("array:a"), [array]) != hash(.string("array:a"), [handed("a", shape: [4, 2])]))
        var bytes = NumpyFixture.counting(8, as: Int32.self)
        bytes[31] = 1
        let changed = HandedArray(name: "a", shape: array.shape, copying: bytes)
        #expect(try hash(.string("array:a"), [array]) != hash(.string("array:a"), [changed]))
    }

    @Test("a token outlives a stream whose array had to be turned round or unpacked")
    func manifestsOfRewrittenFiles() async throws {
        let data = NumpyFixture.counting(8, as: Int32.self)
        let member = NumpyFixture.Member(
            name: "a.npy", bytes: NumpyFixture.npy("<i4", shape: [4, 2], data: data), isDeflated: true)
        let packed = ParameterValue.string(try folder.write(NumpyFixture.npz([member]), to: "x.npz"))
        let turned = try write("f.npy", shape: [4, 2], fortran: true)
        func hashes() throws -> [String] {
            try [packed, turned].map { try source(["data": $0]).info.manifestHash }
        }
        let first = try hashes()
        // The kernel's clock for files has steps of some milliseconds: what is written now has another time.
        try await Task.sleep(for: .milliseconds(30))
        #expect(try hashes() == first)
    }

    @Test(
        "for every end of an epoch: parts are disjoint and complete, threads change nothing, any step can be read first",
        arguments: ["pad", "discard", "roll_over"], [false, true])
    func properties(handle: String, shuffles: Bool) async throws {
        let data = try write("x.npy", shape: [23, 2])
        for numParts in [1, 2, 3, 7] {
            var seen: [UInt64] = []
            for part in 0..<numParts {
                let source = try source([
                    "data": data, "batch_size": .integer(2), "shuffle": .bool(shuffles), "seed": .integer(9),
                    "last_batch_handle": .string(handle), "num_parts": .integer(numParts), "part_index": .integer(part),
                ])
                let one = try await epochs(source, count: 3, threads: 1)
                let four = try await epochs(source, count: 3, threads: 4)
                #expect(one == four)
                for (epoch, batches) in one.enumerated() {
                    #expect(batches.count == source.epochPlan.stepCount(epoch: epoch))
                    for batch in batches {
                        #expect(
                            Self.numbers(batch.tensors[0]) == batch.index.flatMap { [2 * Int($0), 2 * Int($0) + 1] })
                    }
                    for step in batches.indices {
                        let later = try await epochs(source, from: BatchAddress(epoch: epoch, step: step))
                        #expect(later[0] == Array(batches[step...]))
                    }
                }
                seen += one[0].flatMap { $0.index.dropLast($0.pad) }
            }
            #expect(Set(seen).count == seen.count)
            if handle == "pad" { #expect(seen.count == 23) }
        }
    }
}

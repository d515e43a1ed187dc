import HeadraceClient
import HeadraceInProcess
import Synchronization
import TestSupport
import Testing

/// The public interface alone, as another package sees it.
struct HeadraceInProcessTests {
    /// Two columns: the row's number and its double.
    private static func table(rows: Int, in folder: TemporaryFolder) throws -> String {
        try folder.write((0..<rows).map { "\($0),\(2 * $0)\n" }.joined(), to: "table.csv")
    }

    private static func parameters(_ path: String) -> [String: HeadraceValue] {
        ["data_csv": .string(path), "data_shape": [2], "batch_size": 4, "shuffle": true, "seed": 7]
    }

    private static func values(_ batch: HeadraceBatch) -> [Float] {
        // Valid inside the call; the array is a copy.
        unsafe batch.data[0].withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
    }

    private static func epoch(_ stream: HeadraceStream) async throws -> [[Float]] {
        var result: [[Float]] = []
        for try await batch in stream { result.append(values(batch)) }
        return result
    }

    @Test("an epoch is the same for any number of threads, holds every row, and the next has another order")
    func epochs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.table(rows: 20, in: folder)
        var runs: [[[Float]]] = []
        for threads in [1, 3] {
            let stream = try await HeadracePipeline(threads: threads).open(
                iterator: "CSVIter", parameters: Self.parameters(path))
            #expect(stream.provideData.map(\.shape) == [[4, 2]] && stream.stepsPerEpoch == 5)
            let first = try await Self.epoch(stream)
            try await stream.reset()
            let second = try await Self.epoch(stream)
            #expect(first != second)
            runs.append(first + second)
        }
        #expect(runs[0] == runs[1])
        let rows = runs[0].prefix(5).joined().enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        #expect(rows.sorted() == (0..<20).map(Float.init))
    }

    @Test("arrays of the program are served like data in files")
    func arrays() async throws {
        let array = try HeadraceArray("x", (0..<12).map { Float($0) }, shape: [6, 2])
        let stream = try await HeadracePipeline(threads: 2).open(
            iterator: "NDArrayIter", parameters: ["data": array.reference, "batch_size": 4], arrays: [array])
        #expect(try await Self.epoch(stream) == [Array(0..<8).map(Float.init), [8, 9, 10, 11, 0, 1, 2, 3]])
    }

    @Test("batches can be held, as many as there are, and outlive the stream and its threads")
    func heldBatches() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.table(rows: 400, in: folder)
        var held: [HeadraceBatch] = []
        var seen: [[Float]] = []
        do {
            let stream = try await HeadracePipeline(threads: 2).open(
                iterator: "CSVIter",
                parameters: Self.parameters(path).merging(["prefetch_buffer": 1]) { $1 })
            for try await batch in stream {
                held.append(batch)
                seen.append(Self.values(batch))
            }
        }
        #expect(held.count == 100 && held.map(Self.values) == seen)
        #expect(Set(seen.joined()).isSuperset(of: (0..<400).map(Float.init)))
    }

    @Test("a token resumes at the next batch, a seek goes anywhere")
    func places() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.table(rows: 22, in: folder)
        let pipeline = HeadracePipeline(threads: 2)
        let stream = try await pipeline.open(iterator: "CSVIter", parameters: Self.parameters(path))
        let whole = try await Self.epoch(stream)
        try await stream.seek(epoch: 0, step: 2)
        let batch = try #require(try await stream.next())
        #expect(batch.step == 2 && Self.values(batch) == whole[2])

        let resumed = try await pipeline.open(
            iterator: "CSVIter", parameters: Self.parameters(path), token: batch.token)
        #expect(resumed.step == 3 && resumed.token == stream.token)
        #expect(try await Self.epoch(resumed) == Array(whole[3...]))
        let other = Self.parameters(path).merging(["seed": 8]) { $1 }
        await #expect(throws: HeadraceError.self) {
            try await pipeline.open(iterator: "CSVIter", parameters: other, token: batch.token)
        }
        let status = try await resumed.status()
        #expect(status.batches == UInt64(whole.count - 3) && status.memoryBytes > 0)
    }

    @Test("errors name what is wrong")
    func errors() async throws {
        let pipeline = HeadracePipeline(threads: 1)
        for (iterator, parameters, code, word) in [
            ("CSVITer", [:], HeadraceError.Code.unknownIterator, "CSVIter"),
            ("CSVIter", ["data_cvs": "x"], .badParameter, "data_csv"),
            (
                "CSVIter", ["data_csv": "/nowhere/x.csv", "data_shape": [1], "batch_size": 1],
                .init(rawValue: "not_found"), "/nowhere"
            ),
        ] as [(String, [String: HeadraceValue], HeadraceError.Code, String)] {
            let error = await #expect(throws: HeadraceError.self) {
                try await pipeline.open(iterator: iterator, parameters: parameters)
            }
            #expect(error?.code == code && error?.description.contains(word) == true)
        }
    }

    @Test("a bad row is told of, and a closed stream says so")
    func notices() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("1\n2\nx\n4\n", to: "table.csv")
        let notices = Mutex<[HeadraceNotice]>([])
        let pipeline = HeadracePipeline(threads: 1) { notice in notices.withLock { $0.append(notice) } }
        let stream = try await pipeline.open(
            iterator: "CSVIter",
            parameters: ["data_csv": .string(path), "data_shape": [1], "batch_size": 4, "on_bad_record": "skip"])
        let batch = try #require(try await stream.next())
        #expect(batch.pad == 1 && Self.values(batch).prefix(3) == [1, 2, 4])
        #expect(notices.withLock { $0.map(\.record) } == [2])
        try await stream.close()
        await #expect(throws: HeadraceError.self) { try await stream.next() }
    }
}

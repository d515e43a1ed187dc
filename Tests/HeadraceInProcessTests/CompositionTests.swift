import HeadraceClient
import HeadraceInProcess
import Synchronization
import TestSupport
import Testing

/// ResizeIter, PrefetchingIter and MultiIter over streams and over iterators of a user's own.
struct CompositionTests {
    /// Batches of one column of numbers, counted from `first`, `count` an epoch; every epoch goes on where the last ended.
    private final class Numbers: BatchIterating {
        let provideData: [TensorDescription]
        let provideLabel: [TensorDescription] = []
        private let count: Int
        private let pad: Int
        private let failsAt: Int?
        private let gate: Gate?
        /// The next number, and batches of this epoch so far.
        private let state: Mutex<(next: Int, given: Int)>
        let resets = Atomic(0)

        init(_ name: String = "data", count: Int, pad: Int = 0, failsAt: Int? = nil, gate: Gate? = nil) {
            provideData = [TensorDescription(name: name, shape: [2], elementType: .int64, layout: "N")]
            self.count = count
            self.pad = pad
            self.failsAt = failsAt
            self.gate = gate
            state = Mutex((0, 0))
        }

        func next() async throws -> HeadraceBatch? {
            try await gate?.pass()
            let number: Int? = state.withLock { state in
                guard state.given < count else { return nil }
                state.given += 1
                state.next += 1
                return state.next - 1
            }
            guard let number else { return nil }
            if number == failsAt { throw Broken() }
            return try HeadraceBatch(
                data: [HeadraceTensor(provideData[0].name, [number, number], shape: [2], layout: "N")], pad: pad,
                step: number)
        }

        func reset() async throws {
            resets.add(1, ordering: .relaxed)
            state.withLock { $0.given = 0 }
        }

        /// Batches that have been read.
        var readCount: Int { state.withLock { $0.next } }
    }

    private struct Broken: Error {}

    private static func numbers(_ batch: HeadraceBatch) -> [Int] {
        batch.data.map { tensor in Int(tensor.span(as: Int64.self)[0]) }
    }

    private static func epoch(_ iterator: any BatchIterating) async throws -> [[Int]] {
        var result: [[Int]] = []
        for try await batch in iterator { result.append(numbers(batch)) }
        return result
    }

    // MARK: ResizeIter

    @Test("ResizeIter gives epochs of its size, over the ends of its source or within it", arguments: [true, false])
    func resize(resets: Bool) async throws {
        let source = Numbers(count: 3)
        let resized = try ResizeIter(source, size: 4, resetInternal: resets)
        #expect(resized.batchSize == 2 && resized.provideData == source.provideData)
        #expect(try await Self.epoch(resized) == [[0], [1], [2], [3]])
        #expect(try await resized.next() == nil, "the epoch stays at its end")
        try await resized.reset()
        #expect(source.resets.load(ordering: .relaxed) == (resets ? 2 : 1))
        #expect(try await Self.epoch(resized) == [[4], [5], [6], [7]])
        _ = try await resized.reset()
        #expect(try await resized.next() != nil)
        try await resized.reset()
        #expect(try await Self.epoch(resized).count == 4, "a reset in mid-epoch begins a whole one")
    }

    @Test("ResizeIter without batches has empty epochs, and an empty source is an error")
    func resizeNothing() async throws {
        #expect(try await Self.epoch(ResizeIter(Numbers(count: 3), size: 0)).isEmpty)
        let empty = try ResizeIter(Numbers(count: 0), size: 2)
        let error = await #expect(throws: HeadraceError.self) { try await empty.next() }
        #expect(error?.code == .badData && error?.message.contains("batch 0 of 2: Numbers") == true)
        #expect(throws: HeadraceError.self) { try ResizeIter(Numbers(count: 1), size: -1) }
    }

    // MARK: MultiIter

    @Test("MultiIter has the tensors of all, the largest pad, and ends with the shortest")
    func multi() async throws {
        let multi = try MultiIter([Numbers("a", count: 3, pad: 1), Numbers("b", count: 2)])
        #expect(multi.provideData.map(\.name) == ["a", "b"] && multi.batchSize == 2)
        let first = try #require(try await multi.next())
        #expect(first.data.map(\.description.name) == ["a", "b"] && first.pad == 1 && first.token.isEmpty)
        #expect(try await Self.epoch(multi) == [[1, 1]])
        #expect(try await multi.next() == nil, "the epoch stays at its end")
        try await multi.reset()
        #expect(try await Self.epoch(multi) == [[3, 2], [4, 3]])
        #expect(throws: HeadraceError.self) { try MultiIter([]) }
    }

    // MARK: PrefetchingIter

    @Test("PrefetchingIter reads one batch ahead, and no more")
    func oneAhead() async throws {
        let gates = [Gate(), Gate()]
        let sources = [Numbers("a", count: 9, gate: gates[0]), Numbers("b", count: 9, gate: gates[1])]
        let ahead = try PrefetchingIter(sources)
        for step in 0..<4 {
            for gate in gates { await gate.open() }
            let batch = try #require(try await ahead.next())
            #expect(Self.numbers(batch) == [step, step])
            // Both are at their gates by now, or on their way to them; neither gets beyond.
            #expect(sources.map(\.readCount) == [step + 1, step + 1])
        }
        for gate in gates { await gate.waitForGuest() }
        #expect(sources.map(\.readCount) == [4, 4])
    }

    @Test("names are exchanged by the maps, which must have all of them")
    func renames() async throws {
        func make(_ data: [[String: String]]?) throws -> PrefetchingIter {
            try PrefetchingIter([Numbers(count: 1), Numbers(count: 1)], renameData: data)
        }
        let renamed = try make([["data": "left"], ["data": "right"]])
        #expect(renamed.provideData.map(\.name) == ["left", "right"])
        #expect(renamed.provideData.map(\.layout) == ["N", "N"])
        let batch = try #require(try await renamed.next())
        #expect(batch.data.map(\.description) == renamed.provideData)
        #expect(try make(nil).provideData.map(\.name) == ["data", "data"])
        for (maps, words) in [
            ([["data": "left"]], "1 entries for 2"), ([["data": "left"], ["date": "right"]], "no entry for 'data'"),
        ] {
            let error = #expect(throws: HeadraceError.self) { try make(maps) }
            #expect(error?.code == .badParameter && error?.message.contains(words) == true)
        }
        #expect(throws: HeadraceError.self) { try PrefetchingIter([]) }
    }

    @Test("iterators that do not go together are named, again and again until a reset")
    func mismatches() async throws {
        for (second, words) in [
            (Numbers(count: 2), "iterator 1 (Numbers) has ended, iterator 0 (Numbers) has another batch"),
            (Numbers(count: 3, pad: 1), "iterator 0 (Numbers) gives pad 0, iterator 1 (Numbers) gives pad 1"),
        ] {
            let ahead = try PrefetchingIter([Numbers(count: 3), second])
            var error: HeadraceError?
            do {
                while try await ahead.next() != nil {}
            } catch let found as HeadraceError {
                error = found
            }
            #expect(error?.code == .badData && error?.message.contains(words) == true, "\(String(describing: error))")
            await #expect(throws: HeadraceError.self) { try await ahead.next() }
            try await ahead.reset()
            #expect(second.resets.load(ordering: .relaxed) == 1)
        }
    }

    @Test("an iterator's own error comes where its batch would, and a reset leads on")
    func errors() async throws {
        let ahead = try PrefetchingIter([Numbers("a", count: 4, failsAt: 2), Numbers("b", count: 4)])
        #expect(try await ahead.next().map(Self.numbers) == [0, 0])
        #expect(try await ahead.next().map(Self.numbers) == [1, 1])
        for _ in 0..<2 { await #expect(throws: Broken.self) { try await ahead.next() } }
        try await ahead.reset()
        #expect(try await ahead.next().map(Self.numbers) == [3, 3])
    }

    @Test("a deadline names who is late; a cancelled wait and a late batch lose nothing")
    func waiting() async throws {
        let gate = Gate()
        let late = try PrefetchingIter([Numbers(count: 2, gate: gate)], deadline: .milliseconds(20))
        for _ in 0..<2 {
            let error = await #expect(throws: HeadraceError.self) { try await late.next() }
            #expect(error?.code == .timeout && error?.message.contains("iterator 0 (Numbers)") == true)
        }
        let patient = try PrefetchingIter([Numbers("a", count: 2), Numbers("b", count: 2, gate: gate)])
        let cancelled = Task { try await patient.next() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        await gate.open(4)
        #expect(try await patient.next().map(Self.numbers) == [0, 0])
    }

    @Test("two tasks at once are told so")
    func twoTasks() async throws {
        let gate = Gate()
        let ahead = try PrefetchingIter([Numbers(count: 2, gate: gate)])
        let first = Task { try await ahead.next() }
        await gate.waitForGuest()
        // Whichever of the two came first waits for the batch; the other one is refused at once.
        let second = Task { try await ahead.next() }
        let refused = await withTaskGroup(of: HeadraceError?.self) { group in
            for task in [first, second] {
                group.addTask {
                    do {
                        _ = try await task.value
                        return nil
                    } catch { return error as? HeadraceError }
                }
            }
            let error = await group.next() ?? nil
            await gate.open()
            await group.waitForAll()
            return error
        }
        #expect(refused?.code == .notNow)
    }

    @Test("with its last reference the reading ends, whatever the iterator is waiting for")
    func dropped() async throws {
        let gate = Gate()
        do {
            let ahead = try PrefetchingIter([Numbers(count: 2, gate: gate)])
            await gate.waitForGuest()
            withExtendedLifetime(ahead) {}
        }
        await gate.waitForCancelledGuest()
    }

    // MARK: Streams

    @Test("streams compose: read ahead together, resized, and resumed by their tokens")
    func streams() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write((0..<20).map { "\($0)\n" }.joined(), to: "table.csv")
        let pipeline = HeadracePipeline(threads: 2)
        func open(_ name: String, seed: Int, token: String? = nil) async throws -> HeadraceStream {
            try await pipeline.open(
                iterator: "CSVIter",
                parameters: [
                    "data_csv": .string(path), "data_shape": [1], "batch_size": 4, "shuffle": true,
                    "seed": .integer(seed), "data_name": .string(name),
                ], token: token)
        }
        func read(_ iterator: any BatchIterating, _ count: Int) async throws -> [([[Float]], [String])] {
            var result: [([[Float]], [String])] = []
            while result.count < count, let batch = try await iterator.next() {
                let rows = batch.data.map { tensor in
                    unsafe tensor.withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
                }
                result.append((rows, batch.tokens))
            }
            return result
        }
        let (a, b) = (try await open("a", seed: 1), try await open("b", seed: 2))
        let both = try PrefetchingIter([ResizeIter(a, size: 7), ResizeIter(b, size: 7)])
        let whole = try await read(both, 99)
        #expect(whole.count == 7 && both.provideData.map(\.name) == ["a", "b"])
        // From the third batch's tokens on, within the first epoch of both.
        let tokens = whole[2].1
        #expect(tokens.count == 2 && tokens[0] != tokens[1])
        let again = try MultiIter([
            await open("a", seed: 1, token: tokens[0]), await open("b", seed: 2, token: tokens[1]),
        ])
        let rest = try await read(again, 99)
        #expect(rest.map(\.0) == whole[3..<5].map(\.0) && rest.map(\.1) == whole[3..<5].map(\.1))
    }

    @Test("sparse batches keep their matrices under new names, and names that collide are refused")
    func sparse() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write((0..<4).map { "\($0) \($0):\($0).5\n" }.joined(), to: "rows.svm")
        let pipeline = HeadracePipeline(threads: 1)
        func open() async throws -> HeadraceStream {
            try await pipeline.open(
                iterator: "LibSVMIter", parameters: ["data_libsvm": .string(path), "data_shape": 4, "batch_size": 2])
        }
        let renamed = try PrefetchingIter(
            [await open(), await open()], renameData: [["data": "left"], ["data": "right"]])
        let batch = try #require(try await renamed.next())
        #expect(batch.sparse.keys.sorted() == ["left", "right"])
        let values = try #require(batch.sparse["right"]).values
        #expect(values.description.name == "right" && values.shape == [2])
        let last = values.span(as: Float.self)[1]
        #expect(last == 1.5)
        let streams = [try await open(), try await open()]
        let error = #expect(throws: HeadraceError.self) { try MultiIter(streams) }
        #expect(error?.message.contains("several tensors are called 'data'") == true)
    }

    @Test("tensors and batches of one's own are checked")
    func ownBatches() throws {
        let tensor = try HeadraceTensor("x", [Float](repeating: 1, count: 6), shape: [3, 2], layout: "TN")
        #expect(tensor.description.batchAxis == 1)
        let batch = try HeadraceBatch(data: [tensor], pad: 1)
        #expect(batch.index.shape == [2] && batch.tokens.isEmpty && batch.token.isEmpty)
        // The address is only looked at.
        #expect(unsafe tensor.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } % 64 == 0)
        let none = try HeadraceTensor("none", [Float](), shape: [0, 2])
        let isEmpty = none.span(as: Float.self).isEmpty
        #expect(isEmpty)
        #expect(throws: HeadraceError.self) { try HeadraceTensor("x", [Float(1)], shape: [2]) }
        #expect(throws: HeadraceError.self) { try HeadraceBatch(data: [tensor], index: [1, 2, 3]) }
        #expect(throws: HeadraceError.self) { try HeadraceBatch(data: [tensor], pad: 3) }
        let other = try HeadraceTensor("y", [Float(1)], shape: [1])
        #expect(throws: HeadraceError.self) { try HeadraceBatch(data: [tensor], label: [other]) }
    }
}

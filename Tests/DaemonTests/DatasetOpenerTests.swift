import DataTypes
import Foundation
import Pipeline
import RecordIO
import Synchronization
import TestSupport
import Testing

@testable import Daemon
@testable import Iterators

@Suite("Opening streams", .timeLimit(.minutes(10))) struct DatasetOpenerTests {
    /// What the fake iterator was opened with.
    final class Seen: Sendable {
        let parameters = Mutex<[String: ParameterValue]>([:])
        let context = Mutex<IteratorContext?>(nil)
    }

    /// An iterator over made-up data: `path`, `batch_size`, `seed`.
    static func kind(_ seen: Seen) -> IteratorKind {
        IteratorKind(
            name: "PatternIter", summary: "Made-up data.",
            specs: [
                ParameterSpec("path", .string, default: .string(""), "A file."),
                ParameterSpec("batch_size", .integer(1...1_000_000), default: nil, "Rows."),
                ParameterSpec("seed", .integer(.all), default: .integer(0), "Seed."),
                ParameterSpec("files", .structure, default: .null, "More files."),
            ], pathParameters: ["path"], nestedPathParameters: ["files"]
        ) { (values: ParameterValues, context: IteratorContext) throws(StreamError) -> any BatchSource in
            seen.parameters.withLock { $0 = values.values }
            seen.context.withLock { $0 = context }
            return PatternSource(records: 10, batchSize: values.integer("batch_size"), prefetch: 2)
        }
    }

    /// An opener whose pool is shut down behind `body`.
    static func withOpener(
        datasets: [DatasetConfiguration] = [], paths: DaemonConfiguration.PathRule = .everything,
        memory: Int = 1 << 30, memoryPerClient: Int = 1 << 30,
        _ body: (DatasetOpener, MemoryBudget, Seen) async throws -> Void
    ) async throws {
        let seen = Seen()
        let pool = WorkerPool(threads: 1, readers: 1)
        defer { pool.shutDown() }
        let budget = MemoryBudget(limitBytes: memory, limitBytesPerClient: memoryPerClient)
        let opener = DatasetOpener(
            rules: DatasetOpener.Rules(
                datasets: Dictionary(uniqueKeysWithValues: datasets.map { ($0.name, $0) }), paths: paths,
                context: IteratorContext()),
            kinds: [kind(seen)], pool: pool, budget: budget)
        try await body(opener, budget, seen)
    }

    static let user = ClientIdentity(id: 1, processID: 9, userID: 1, peer: "unix", software: "test")

    static func open(
        _ opener: DatasetOpener, _ request: OpenRequest, client: ClientIdentity = user
    ) throws(StreamError) -> any BatchStream {
        try opener.open(request, client: client, allocator: HeapSlabAllocator())
    }

    static let train = DatasetConfiguration(
        name: "train", iterator: "PatternIter",
        parameters: ["path": .string("/data/t.rec"), "batch_size": .integer(4), "seed": .integer(7)], locked: ["seed"])

    @Test("a data set gives its parameters, and the client's own win over them")
    func dataset() async throws {
        try await Self.withOpener(datasets: [Self.train], paths: .beneath([])) { opener, _, seen in
            let stream = try Self.open(
                opener, OpenRequest(dataset: "train", parameters: ["batch_size": .integer(2), "seed": .null]))
            #expect(
                seen.parameters.withLock { $0 } == [
                    "path": .string("/data/t.rec"), "batch_size": .integer(2), "seed": .integer(7), "files": .null,
                ])
            let batches = try await stream.restOfEpoch()
            #expect(batches.count == 5)
            stream.close()
        }
    }

    @Test(
        "what cannot be opened is refused with its code and a way out",
        arguments: [
            (OpenRequest(dataset: "trian"), StreamError.Code.unknownDataset, "did you mean 'train'?"),
            (OpenRequest(dataset: "train", parameters: ["seed": .integer(1)]), .badParameter, "leave it out; it is 7"),
            (
                OpenRequest(dataset: "train", parameters: ["path": .string("/etc/passwd")]), .badParameter,
                "leave it out"
            ),
            (
                OpenRequest(dataset: "train", parameters: ["files": .list([.string("/etc/passwd")])]), .badParameter,
                "leave it out"
            ),
            (OpenRequest(dataset: "train", parameters: ["batchsize": .integer(1)]), .badParameter, "batch_size"),
            (OpenRequest(iterator: "PaternIter"), .unknownIterator, "did you mean 'PatternIter'?"),
            (
                OpenRequest(
                    iterator: "PatternIter", parameters: ["batch_size": .integer(1), "path": .string("/data/x")]),
                .forbiddenPath, "'roots'"
            ),
            (
                OpenRequest(iterator: "PatternIter", parameters: ["batch_size": .integer(1), "path": .integer(5)]),
                .badParameter,
                "absolute"
            ),
            (
                OpenRequest(iterator: "PatternIter", parameters: ["batch_size": .integer(1), "path": .list([])]),
                .badParameter, "path"
            ),
            (OpenRequest(), .badRequest, "either"),
            (OpenRequest(dataset: "train", iterator: "PatternIter"), .badRequest, "either"),
            (OpenRequest(dataset: "train", token: "nonsense"), .badRequest, "token"),
            (OpenRequest(dataset: "train", token: "hr1.x.s.0.0"), .stateMismatch, "other data"),
            (OpenRequest(dataset: "train", token: "hr1.m.x.0.0"), .stateMismatch, "another spec"),
            (OpenRequest(dataset: "train", token: "hr1.m.s.0.4"), .badPosition, "step 4 of epoch 0"),
            (OpenRequest(dataset: "train", token: "hr1.m.s.9223372036854775807.0"), .badPosition, "does not exist"),
        ])
    func refusals(request: OpenRequest, code: StreamError.Code, text: String) async throws {
        try await Self.withOpener(datasets: [Self.train], paths: .beneath([])) { opener, budget, _ in
            let error = #expect(throws: StreamError.self) { try Self.open(opener, request) }
            #expect(error?.code == code)
            #expect(error?.description.contains(text) == true, "\(String(describing: error))")
            #expect(budget.usedBytes == 0)
        }
    }

    @Test("a token starts the stream at its place")
    func token() async throws {
        try await Self.withOpener(datasets: [Self.train]) { opener, _, _ in
            let whole = try Self.open(opener, OpenRequest(dataset: "train"))
            let resumed = try Self.open(opener, OpenRequest(dataset: "train", token: "hr1.m.s.0.1"))
            #expect(resumed.position == BatchAddress(epoch: 0, step: 1))
            let all = try await whole.restOfEpoch()
            let rest = try await resumed.restOfEpoch()
            #expect(rest == Array(all.dropFirst()))
            whole.close()
            resumed.close()
        }
    }

    @Test("a path inside a root reaches the iterator without its links; text is read as the iterator reads it")
    func paths() async throws {
        let folder = try PathGuardTests.makeFolder()
        try await Self.withOpener(paths: .beneath([folder.path + "/data"])) { opener, _, seen in
            let stream = try Self.open(
                opener,
                OpenRequest(
                    iterator: "PatternIter",
                    parameters: [
                        "batch_size": .string("4"), "path": .string(folder.path + "/alias/in"),
                    ]))
            stream.close()
            let path = seen.parameters.withLock { $0["path"] }
            #expect(path?.description.hasSuffix("/data/train.rec'") == true, "\(String(describing: path))")
            // Not given is not a path.
            let without = try Self.open(
                opener,
                OpenRequest(iterator: "PatternIter", parameters: ["batch_size": .integer(4), "path": .string("")]))
            without.close()
        }
    }

    @Test(
        "memory is reserved whole at open, by user or address, refused with the arithmetic, and given back at close",
        arguments: [
            // The user or address that fills its share, the same on another connection, another one, and a third.
            [(UInt32(7), "unix"), (7, "unix"), (8, "unix"), (9, "unix")],
            [(nil, "10.0.0.7:1"), (nil, "10.0.0.7:2"), (nil, "10.0.0.8:1"), (nil, "[::1]:1")],
        ] as [[(UInt32?, String)]])
    func memory(peers: [(UInt32?, String)]) async throws {
        let request = OpenRequest(dataset: "train")
        let clients = peers.enumerated().map { id, peer in
            ClientIdentity(id: UInt64(id), processID: nil, userID: peer.0, peer: peer.1, software: "test")
        }
        let info = PatternSource(records: 10, batchSize: 4, prefetch: 2).info
        let payload = info.layout.payloadBytes
        let needed = info.slabCount * payload
        try await Self.withOpener(
            datasets: [Self.train], memory: 2 * needed, memoryPerClient: needed
        ) { opener, budget, _ in
            let first = try Self.open(opener, request, client: clients[0])
            #expect(budget.usedBytes == needed)
            let same = #expect(throws: StreamError.self) { try Self.open(opener, request, client: clients[1]) }
            #expect(same?.code == .memoryLimit)
            #expect(same?.message.contains("4 batches of \(payload) bytes") == true)
            let second = try Self.open(opener, request, client: clients[2])
            let third = #expect(throws: StreamError.self) { try Self.open(opener, request, client: clients[3]) }
            #expect(third?.hint.contains("limits.memory") == true)
            first.close()
            second.close()
            #expect(budget.usedBytes == 0)
        }
    }

    @Test("kept images that no stream uses make room for a stream, those in use do not")
    func keptImages() async throws {
        // A stream of 4 rows takes 4 slabs; how much that is, the budget says.
        let request = OpenRequest(iterator: "PatternIter", parameters: ["batch_size": .integer(4)])
        var needed = 0
        try await Self.withOpener { opener, budget, _ in
            let stream = try Self.open(opener, request)
            needed = budget.usedBytes
            stream.close()
        }
        let memory = 2 * needed
        try await Self.withOpener(memory: memory, memoryPerClient: memory) { opener, budget, _ in
            let decoded = DecodedCache(budget: CacheBudget(limitBytes: memory, of: budget))
            opener.change { $0.context.decoded = decoded }
            var lease: DecodedLease? = decoded.lease(
                DecodedSet.Key(
                    files: [],
                    form: DecodedForm(
                        colour: .gray, maxPixels: 1, toleratesTruncation: false, turnsJFIF: true, resize: nil)),
                limits: DecodedLimits(memoryBytes: memory, diskBytes: 0))
            let room = try #require(lease?.room(memory - needed / 2)).room
            let image = DecodedImage(
                header: ImageRecordHeader(id: 1), labels: [], sourceWidth: 1, sourceHeight: 1,
                pixels: PixelBuffer(width: 1, height: 1, channels: 1), room: room)
            lease?.insert(image, at: DecodedSet.Place(file: 0, offset: 0))
            _ = consume image
            _ = consume room
            let refusal = #expect(throws: StreamError.self) { try Self.open(opener, request) }
            #expect(refusal?.code == .memoryLimit)
            #expect(decoded.usedBytes == memory - needed / 2)
            lease = nil
            let stream = try Self.open(opener, request)
            #expect(decoded.usedBytes == 0)
            stream.close()
        }
    }

    @Test("a draining daemon opens nothing, and says that it may be asked again")
    func draining() async throws {
        try await Self.withOpener(datasets: [Self.train]) { opener, _, _ in
            opener.beginDrain()
            let error = #expect(throws: StreamError.self) { try Self.open(opener, OpenRequest(dataset: "train")) }
            #expect(error?.code == .draining)
            #expect(error?.isRetryable == true)
        }
    }

    @Test("changed rules are those of the next stream")
    func change() async throws {
        try await Self.withOpener { opener, _, seen in
            opener.change { rules in
                rules.datasets = ["train": Self.train]
                rules.context.maxPixels = 99
            }
            try Self.open(opener, OpenRequest(dataset: "train")).close()
            #expect(seen.context.withLock { $0?.maxPixels } == 99)
        }
    }

    @Test(
        "a data set's mistakes are found before anybody opens it",
        arguments: [
            ("PatternItr", [:], [], "there is no iterator 'PatternItr'; did you mean 'PatternIter'?"),
            (
                "PatternIter", ["batch_siz": .integer(1)], [],
                "PatternIter has no parameter 'batch_siz'; did you mean 'batch_size'?"
            ),
            ("PatternIter", ["batch_size": .integer(0)], [], "parameter 'batch_size' is 0; allowed: 1 to 1000000"),
            ("PatternIter", ["path": .string("rel")], [], "'path' is 'rel'; it must be an absolute path"),
            ("PatternIter", [:], ["sed"], "'locked': PatternIter has no parameter 'sed'; did you mean 'seed'?"),
            ("PatternIter", ["seed": .null, "path": .string("")], ["seed"], nil),
        ] as [(String, [String: ParameterValue], Set<String>, String?)])
    func check(iterator: String, parameters: [String: ParameterValue], locked: Set<String>, expected: String?) {
        let dataset = DatasetConfiguration(name: "d", iterator: iterator, parameters: parameters, locked: locked)
        let problems = DatasetCheck.problems(dataset, kinds: [Self.kind(Seen())])
        #expect(problems.map(\.message) == expected.map { ["data set 'd': \($0)"] } ?? [])
    }
}

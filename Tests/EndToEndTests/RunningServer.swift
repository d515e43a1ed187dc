import DataTypes
import Daemon
import HeadraceClient
import Iterators
import Logging
import NIOPosix
import Pipeline
import Server
import TestSupport
import Testing
import Transport

/// Runs a server on `endpoints` while `body` does, with the bound addresses.
///
/// - Parameter handsArraysOver: what arrays take goes back when the last worker lets go of a source, which may be later than
///   the stream's end.
func withServer<R: Sendable>(
    _ endpoints: [String], threads: Int, roots: [String],
    kinds: [IteratorKind] = IteratorCatalog.all, handsArraysOver: Bool = false, _ body: ([String]) async throws -> R
) async throws -> R {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let rules = DatasetOpener.Rules(datasets: [:], paths: .beneath(roots), context: IteratorContext())
    let budget = MemoryBudget(limitBytes: 1 << 30, limitBytesPerClient: 1 << 30)
    let opener = DatasetOpener(rules: rules, kinds: kinds, pool: pool, budget: budget)
    let configuration = ServerConfiguration(
        listeners: try endpoints.map { .endpoint(try Endpoint($0)) }, handshakeTimeout: .seconds(600))
    let server = Server(
        configuration: configuration, opener: opener, group: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let bound = try await server.bind()
    async let running: Void = server.run()
    let result: Result<R, any Error>
    do {
        result = .success(try await body(bound))
    } catch {
        result = .failure(error)
    }
    server.beginDrain(deadline: Duration.seconds(5))
    try await running
    // Every stream has ended, so every slab's reservation has come back.
    #expect(budget.usedBytes == 0 || handsArraysOver)
    return try result.get()
}

extension HeadraceOptions {
    /// For a machine that is busy with other tests.
    static let patient: HeadraceOptions = {
        var options = HeadraceOptions()
        options.connectTimeout = .seconds(600)
        options.batchTimeout = .seconds(600)
        options.requestTimeout = .seconds(600)
        return options
    }()
}

extension BatchCopy {
    /// What a client received.
    init(_ batch: HeadraceBatch) {
        let tensors = (batch.data + batch.label + [batch.index]).map { tensor in
            unsafe tensor.withUnsafeBytes { unsafe Array($0) }
        }
        self.init(address: BatchAddress(epoch: batch.epoch, step: batch.step), pad: batch.pad, tensors: tensors)
    }
}

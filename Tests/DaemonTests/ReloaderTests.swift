import DataTypes
import Iterators
import Logging
import Pipeline
import TestSupport
import Testing

@testable import Admin
@testable import Daemon

@Suite("Reload", .timeLimit(.minutes(10))) struct ReloaderTests {
    @Test("what can change is in force, what cannot is named, and a bad file changes nothing")
    func reload() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("threads: 1\nroots: [/a]\n", to: "h.yaml")
        let loader = ConfigurationLoader(file: file, surroundings: ConfigurationTests.surroundings())
        let loaded = try loader.load()
        let pool = WorkerPool(threads: 1, readers: 1)
        defer { pool.shutDown() }
        let opener = DatasetOpener(
            rules: DatasetOpener.Rules(
                datasets: [:], paths: loaded.configuration.paths, context: IteratorContext(cacheDirectory: "/c")),
            pool: pool, budget: MemoryBudget(limitBytes: 1, limitBytesPerClient: 1))
        let sink = LoggingTests.MemorySink()
        let log = LogSettings(level: .info, sink: sink)
        let reloader = Reloader(
            loader: loader, settings: loaded.settings, opener: opener, logSettings: log, logger: log.logger("daemon"))
        #expect(try await reloader.reload() == ReloadReport(changed: [], needsRestart: []))

        try folder.write(
            """
            threads: 2
            roots: [/b]
            log: {level: debug}
            limits: {max_pixels: 77}
            datasets:
              a: {iterator: ImageRecordIter, path_imgrec: /x.rec}
            """, to: "h.yaml")
        let report = try await reloader.reload()
        #expect(report.changed == ["limits.max_pixels", "roots", "log.level", "datasets"])
        #expect(report.needsRestart == ["threads", "max_threads"])
        #expect(opener.rules.paths == .beneath(["/b"]))
        #expect(opener.rules.context.maxPixels == 77)
        #expect(opener.rules.context.cacheDirectory == "/c")
        #expect(opener.rules.datasets.keys.sorted() == ["a"])
        #expect(log.level == .debug)
        // What is in force is no change any more; what waits for a restart is said again.
        #expect(try await reloader.reload() == ReloadReport(changed: [], needsRestart: ["threads", "max_threads"]))

        try folder.write("log: {level: loud}\nroots: []\n", to: "h.yaml")
        let refusal = await #expect(throws: ReloadRefusal.self) { try await reloader.reload() }
        #expect(refusal?.problems.first?.contains("h.yaml:1: 'log.level' is 'loud'") == true)
        #expect(opener.rules.paths == .beneath(["/b"]))
        #expect(log.level == .debug)
        #expect(sink.entries.withLock { $0.last?.level } == .error)
    }
}

import Pipeline
import TestSupport
import Testing

/// Every reference case of the served iterators, in process: it passes, or it is in the deviation table and does what the
/// table says.
@Suite(.serialized)
struct GoldenTests {
    /// How the names of a family's iterators begin, and how many of its cases can be compared one by one.
    private static let families = [
        ("ImageRecord", 741), ("ImageDetRecord", 68), ("CSVIter", 134), ("MNISTIter", 44),
        ("LibSVMIter", 27), ("image.ImageIter", 65), ("image.ImageDetIter", 22),
    ]

    @Test("reference cases of an iterator family pass or are listed deviations", arguments: families)
    func family(prefix: String, count: Int) async throws {
        let set = try GoldenSet.load()
        let deviations = try DeviationTable.load()
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let runner = GoldenRunner(root: set.root, pool: pool)
        var passed = 0
        var deviating = 0
        var failures: [String] = []
        let comparable = set.cases.filter {
            $0.iterator.hasPrefix(prefix) && !["statistical", "informational"].contains($0.toleranceClass)
                && !$0.usesClientCalls
        }
        for golden in comparable {
            let outcome = try await runner.run(golden)
            // The first time images are decoded for the cache, the second time they come from it.
            if let records = golden.parameters["path_imgrec"] as? String, !records.isEmpty {
                for _ in 1...2 {
                    let kept = try await runner.run(golden, options: ["cache": "1GiB"])
                    if kept != outcome { failures.append("\(golden.name) with a cache: \(kept)") }
                }
            }
            let entry = deviations.entry(for: golden.name)
            switch (outcome, entry?.outcome) {
            case (.same, nil): passed += 1
            // An error may come at an earlier call than in the reference.
            case (.error, nil) where golden.operations.contains { $0["error"] != nil }: passed += 1
            case (.error, "error"), (.noError, "data"), (.differs, "differs"):
                deviating += 1
                // Where an option brings MXNet's behaviour back, it must bring it back to the bit.
                if let options = entry?.with {
                    let again = try await runner.run(golden, options: options)
                    if again != .same { failures.append("\(golden.name) with \(options): \(again)") }
                }
            case (.same, .some(let listed)): failures.append("\(golden.name): listed as '\(listed)' and passes")
            case (_, let listed):
                failures.append("\(golden.name): \(outcome)" + (listed.map { ", listed as '\($0)'" } ?? ""))
            }
        }
        print(
            "reference cases, \(prefix): \(passed) passed, \(deviating) deviate as listed, \(failures.count) failed"
        )
        #expect(comparable.count == count || set.edition != "A")
        #expect(failures.isEmpty, "\(failures.count) cases:\n\(failures.joined(separator: "\n"))")
    }
}

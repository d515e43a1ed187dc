import Foundation
import Pipeline
import TestSupport
import Testing

/// Every reference case of the ImageRecord iterators, in process: it passes, or it is in the deviation table and does what
/// the table says.
@Suite(.serialized)
struct GoldenTests {
    @Test("reference cases of the ImageRecord family pass or are listed deviations")
    func imageRecordFamily() async throws {
        let set = try GoldenSet.load()
        let deviations = try DeviationTable.load()
        let pool = WorkerPool(threads: 2)
        defer { pool.shutDown() }
        let runner = GoldenRunner(root: set.root, pool: pool)
        var passed = 0
        var deviating = 0
        var failures: [String] = []
        let comparable = set.cases.filter {
            $0.iterator.hasPrefix("ImageRecord") && !["statistical", "informational"].contains($0.toleranceClass)
        }
        for golden in comparable {
            let outcome = try await runner.run(golden)
            let entry = deviations.entry(for: golden.name)
            switch (outcome, entry?.outcome) {
            case (.same, nil): passed += 1
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
            "reference cases, ImageRecord family: \(passed) passed, \(deviating) deviate as listed, \(failures.count) failed"
        )
        #expect(comparable.count == 741 || ProcessInfo.processInfo.environment["HEADRACE_GOLDEN"] != nil)
        #expect(failures.isEmpty, "\(failures.count) cases:\n\(failures.joined(separator: "\n"))")
    }
}

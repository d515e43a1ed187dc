import Foundation

/// One case of the manifest; see the set's own README for the fields.
package struct GoldenCase {
    package let json: [String: Any]

    package var name: String { json["name"] as? String ?? "" }
    package var iterator: String { json["iterator"] as? String ?? "" }
    package var parameters: [String: Any] { json["params"] as? [String: Any] ?? [:] }
    package var program: [[String: Any]] { json["program"] as? [[String: Any]] ?? [] }
    /// Has calls that only the Python client's classes know.
    package var usesClientCalls: Bool {
        program.contains { ["iter_next", "get"].contains($0["op"] as? String ?? "") }
    }
    package var tags: [String] { json["tags"] as? [String] ?? [] }
    package var isUnstable: Bool { json["unstable"] != nil }
    private var tolerance: [String: Any] { json["tolerance"] as? [String: Any] ?? [:] }
    package var toleranceClass: String { tolerance["class"] as? String ?? "" }
    package var dataTolerance: Double { (tolerance["data"] as? NSNumber)?.doubleValue ?? 0 }
    /// What came out.
    package var expect: [String: Any] { json["expect"] as? [String: Any] ?? [:] }
    /// The program's entries with their results.
    package var operations: [[String: Any]] { expect["ops"] as? [[String: Any]] ?? [] }
    package var expectsError: Bool { toleranceClass == "error" }
}

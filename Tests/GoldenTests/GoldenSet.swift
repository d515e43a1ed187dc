import Foundation

/// The reference cases: outputs of MXNet 1.9.1, unpacked from `Tests/Fixtures/golden.tar.xz`.
struct GoldenSet {
    let root: String
    let cases: [GoldenCase]

    /// Unpacks the set unless `HEADRACE_GOLDEN` names a folder that has it already.
    static func load() throws -> GoldenSet {
        let root = try ProcessInfo.processInfo.environment["HEADRACE_GOLDEN"] ?? unpack()
        let data = try Data(contentsOf: URL(fileURLWithPath: root + "/cases.json"))
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let cases = object["cases"] as? [[String: Any]]
        else { throw GoldenError("cases.json is not what it should be") }
        return GoldenSet(root: root, cases: cases.map(GoldenCase.init))
    }

    private static func unpack() throws -> String {
        let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/golden.tar.xz").path
        let target = FileManager.default.temporaryDirectory.appendingPathComponent("headrace-golden-\(getpid())").path
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xJf", archive, "-C", target, "--strip-components=1"]
        try tar.run()
        tar.waitUntilExit()
        guard tar.terminationStatus == 0 else { throw GoldenError("cannot unpack \(archive)") }
        return target
    }
}

struct GoldenError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One case of the manifest; see the set's own README for the fields.
struct GoldenCase {
    let json: [String: Any]

    var name: String { json["name"] as? String ?? "" }
    var iterator: String { json["iterator"] as? String ?? "" }
    var parameters: [String: Any] { json["params"] as? [String: Any] ?? [:] }
    var program: [[String: Any]] { json["program"] as? [[String: Any]] ?? [] }
    var tags: [String] { json["tags"] as? [String] ?? [] }
    var isUnstable: Bool { json["unstable"] != nil }
    private var tolerance: [String: Any] { json["tolerance"] as? [String: Any] ?? [:] }
    var toleranceClass: String { tolerance["class"] as? String ?? "" }
    var dataTolerance: Double { (tolerance["data"] as? NSNumber)?.doubleValue ?? 0 }
    private var expect: [String: Any] { json["expect"] as? [String: Any] ?? [:] }
    /// The program's entries with their results.
    var operations: [[String: Any]] { expect["ops"] as? [[String: Any]] ?? [] }
    var expectsError: Bool { toleranceClass == "error" }
}

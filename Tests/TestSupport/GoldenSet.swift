import Foundation

/// The reference cases: outputs of MXNet 1.9.1, unpacked from `Tests/Fixtures/golden.tar.xz`.
package struct GoldenSet {
    package let root: String
    package let cases: [GoldenCase]
    /// Which edition of the set this is; the tests know the number of cases of the one in the repository.
    package let edition: String

    /// Unpacks the set, once in this process, unless `HEADRACE_GOLDEN` names a folder that has it already.
    package static func load() throws -> GoldenSet {
        let root = try ProcessInfo.processInfo.environment["HEADRACE_GOLDEN"] ?? unpacked.get()
        let data = try Data(contentsOf: URL(fileURLWithPath: root + "/cases.json"))
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let cases = object["cases"] as? [[String: Any]]
        else { throw GoldenError("cases.json is not what it should be") }
        let edition = object["set"] as? String ?? ""
        return GoldenSet(root: root, cases: cases.map(GoldenCase.init), edition: edition)
    }

    private static let unpacked = Result { try unpack() }

    private static func unpack() throws -> String {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/unpack.sh").path
        let target = FileManager.default.temporaryDirectory.appendingPathComponent("headrace-golden-\(getpid())").path
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = [script, target]
        shell.standardOutput = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else { throw GoldenError("\(script) failed") }
        // Several suites read the folder, so that only the end of the process is late enough.
        atexit {
            if case .success(let folder) = GoldenSet.unpacked { try? FileManager.default.removeItem(atPath: folder) }
        }
        return target
    }
}

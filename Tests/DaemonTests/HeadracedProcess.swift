import Foundation
import Testing

/// The built `headraced`, run as users run it, with pipes at its ends.
final class HeadracedProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()

    /// `$HEADRACED`, or the program beside the test's own.
    static var program: String {
        ProcessInfo.processInfo.environment["HEADRACED"]
            ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
                "headraced"
            ).path
    }

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        for name in ["LD_LIBRARY_PATH", "HOME"] {
            if let value = ProcessInfo.processInfo.environment[name], environment[name] == nil {
                process.environment?[name] = value
            }
        }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    /// Waits for the next bytes of standard output; empty at its end.
    func nextOutput() -> String { String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) }

    func closeInput() { try? input.fileHandleForWriting.close() }

    func terminate() { process.terminate() }

    /// Waits for the end.
    func finish() -> (status: Int32, output: String, errors: String) {
        // The pipes hold more than any of these runs prints, so reading one after the other cannot block it.
        let out = (try? output.fileHandleForReading.readToEnd()) ?? nil
        let err = (try? errors.fileHandleForReading.readToEnd()) ?? nil
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: out ?? Data(), as: UTF8.self),
            String(decoding: err ?? Data(), as: UTF8.self)
        )
    }
}

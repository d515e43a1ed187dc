import Foundation
import TestSupport
import Testing

@testable import Daemon

@Suite("headraced", .timeLimit(.minutes(10)), .serialized) struct HeadracedTests {
    @Test("a private daemon says that it is ready, keeps its socket to its user, and ends with standard input")
    func privateMode() throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/run/data.sock"
        let daemon = try HeadracedProcess(
            ["--private", "--socket", socket, "--exit-with-stdin"],
            environment: ["XDG_STATE_HOME": folder.path + "/state"])
        #expect(daemon.nextOutput() == "ready \(socket)\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: socket)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/run") == ["data.sock"])
        daemon.closeInput()
        let end = daemon.finish()
        #expect(end.status == 0)
        #expect(end.errors == "")
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test("SIGTERM ends it in order, and a stale socket does not keep the next one from starting")
    func terminate() throws {
        let folder = try TemporaryFolder()
        let socket = folder.path + "/data.sock"
        for _ in 0..<2 {
            let daemon = try HeadracedProcess(["--private", "--socket", socket])
            #expect(daemon.nextOutput() == "ready \(socket)\n")
            let second = try HeadracedProcess(["--private", "--socket", socket]).finish()
            #expect(second.status == 75)
            #expect(second.errors.contains(socket))
            #expect(second.errors.filter { $0 == "\n" }.count == 1)
            daemon.terminate()
            #expect(daemon.finish().status == 0)
        }
    }

    @Test(
        "what keeps it from starting is one line and a status that says which kind",
        arguments: [
            (["--private"], 64, "--private needs --socket"),
            (["--private", "--socket", "/tmp/x.sock", "--config", "/x.yaml"], 64, "--private takes no --config"),
            (["--config", "/nowhere/h.yaml"], 78, "/nowhere/h.yaml: cannot be read"),
            (["--private", "--socket", "relative.sock"], 78, "--socket: 'listen.unix.path' is 'relative.sock'"),
            (["--private", "--socket", "/proc/nowhere/x.sock"], 73, "/proc/nowhere"),
            (["--private", "--socket", "/etc/passwd"], 73, "/etc/passwd"),
        ] as [([String], Int32, String)])
    func failures(arguments: [String], status: Int32, text: String) throws {
        let end = try HeadracedProcess(arguments).finish()
        #expect(end.status == status)
        #expect(end.errors.contains(text), "\(end.errors)")
        #expect(end.errors.filter { $0 == "\n" }.count == 1)
        #expect(end.output == "")
    }

    @Test("a state directory that was asked for must be usable")
    func stateDirectory() throws {
        let folder = try TemporaryFolder()
        let end = try HeadracedProcess(
            ["--private", "--socket", folder.path + "/s"],
            environment: ["HEADRACE_STATE_DIRECTORY": "/proc/nowhere"]
        ).finish()
        #expect(end.status == 73)
        #expect(end.errors.contains("/proc/nowhere"))
    }

    @Test("--check-config prints every problem with its line, --print-config what would be in force")
    func config() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "threads: x\ndatasets:\n  a:\n    iterator: ImageRecordIter\n    batch_siz: 1\n", to: "h.yaml")
        let check = try HeadracedProcess(["--config", file, "--check-config"]).finish()
        #expect(check.status == 78)
        #expect(check.errors.contains("\(file):1: 'threads' is 'x'"))
        #expect(check.errors.contains("\(file):5: data set 'a': ImageRecordIter has no parameter 'batch_siz'"))
        try folder.write("threads: 3\n", to: "h.yaml")
        #expect(try HeadracedProcess(["--config", file, "--check-config"]).finish().status == 0)
        let print = try HeadracedProcess(
            ["--config", file, "--print-config"], environment: ["HEADRACE_READERS": "5"]
        ).finish()
        #expect(
            print.output.contains("\nthreads: 3  # \(file):1\n")
                && print.output.contains("\nmax_threads: 6  # ")
                && print.output.contains("\nreaders: 5  # HEADRACE_READERS\n"))
    }
}

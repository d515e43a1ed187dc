import DataTypes
import Foundation
import TestSupport
import Testing

@testable import Daemon

@Suite("Paths that clients name") struct PathGuardTests {
    /// `data/train.rec`, `data2/other.rec`, `data/out -> ../data2`, `data/in -> train.rec`, `alias -> data`.
    static func makeFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "data/train.rec")
        try folder.write("x", to: "data/sub/deep.rec")
        try folder.write("x", to: "data2/other.rec")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path + "/data/out", withDestinationPath: "../data2")
        try files.createSymbolicLink(
            atPath: folder.path + "/data/outfile.rec", withDestinationPath: "../data2/other.rec")
        try files.createSymbolicLink(atPath: folder.path + "/data/in", withDestinationPath: "train.rec")
        try files.createSymbolicLink(atPath: folder.path + "/alias", withDestinationPath: "data")
        return folder
    }

    @Test(
        "a path beneath a root is opened where it really lies",
        arguments: [
            ("/data/train.rec", "/data/train.rec"), ("/data/in", "/data/train.rec"),
            ("/alias/train.rec", "/data/train.rec"),
            ("/data/sub/../train.rec", "/data/train.rec"), ("/data//sub/./deep.rec", "/data/sub/deep.rec"),
            ("/data", "/data"),
            ("/data2/../data/train.rec", "/data/train.rec"),
        ], ["/data", "/data/", "/alias"])
    func allowed(path: (String, String), root: String) throws {
        let folder = try Self.makeFolder()
        let paths = PathGuard(rule: .beneath(["/nowhere", folder.path + root]))
        // The folder itself may lie behind a link.
        let real = URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path
        #expect(try paths.resolve(folder.path + path.0, parameter: "path_imgrec") == real + path.1)
    }

    @Test(
        "what leads out of every root is forbidden, whatever it looks like",
        arguments: [
            "/data2/other.rec", "/data/out/other.rec", "/data/outfile.rec", "/data/../data2/other.rec", "/data2",
            "/data/out/../data2/other.rec", "/data2/missing.rec", "/data/../missing.rec", "/missing/../data2/other.rec",
        ])
    func forbidden(path: String) throws {
        let folder = try Self.makeFolder()
        let paths = PathGuard(rule: .beneath([folder.path + "/data"]))
        let error = #expect(throws: StreamError.self) { try paths.resolve(folder.path + path, parameter: "p") }
        #expect(error?.code == .forbiddenPath)
    }

    @Test(
        "a missing file inside a root is not found; a relative path or a zero byte is a bad parameter",
        arguments: [
            ("/data/missing.rec", StreamError.Code.notFound), ("/data/train.rec/x", .notFound),
            ("/data/train.rec\0.png", .badParameter),
        ])
    func unusable(path: String, code: StreamError.Code) throws {
        let folder = try Self.makeFolder()
        let paths = PathGuard(rule: .beneath([folder.path + "/data"]))
        let error = #expect(throws: StreamError.self) { try paths.resolve(folder.path + path, parameter: "p") }
        #expect(error?.code == code)
        let relative = #expect(throws: StreamError.self) { try paths.resolve("data/train.rec", parameter: "p") }
        #expect(relative?.code == .badParameter)
    }

    @Test("an entry of a list may be a pattern, in a folder that really lies beneath a root")
    func entries() throws {
        let folder = try Self.makeFolder()
        let real = URL(fileURLWithPath: folder.path).resolvingSymlinksInPath().path
        let paths = PathGuard(rule: .beneath([folder.path + "/data"]))
        #expect(try paths.resolveEntry(folder.path + "/data/*.rec", parameter: "p") == real + "/data/*.rec")
        #expect(try paths.resolveEntry(folder.path + "/data/in", parameter: "p") == real + "/data/train.rec")
        for entry in ["/data2/*.rec", "/data/out/*.rec", "/data/../data2/*.rec"] {
            let error = #expect(throws: StreamError.self) {
                try paths.resolveEntry(folder.path + entry, parameter: "p")
            }
            #expect(error?.code == .forbiddenPath, "\(entry)")
        }
    }

    @Test("no roots: nothing is allowed; everything: any absolute path, as it is")
    func extremes() throws {
        let folder = try Self.makeFolder()
        let file = folder.path + "/data/in"
        let error = #expect(throws: StreamError.self) {
            try PathGuard(rule: .beneath([])).resolve(file, parameter: "p")
        }
        #expect(error?.code == .forbiddenPath)
        #expect(try PathGuard(rule: .everything).resolve(file, parameter: "p") == file)
        #expect(try PathGuard(rule: .beneath(["/"])).resolve("/etc/passwd", parameter: "p") == "/etc/passwd")
    }
}

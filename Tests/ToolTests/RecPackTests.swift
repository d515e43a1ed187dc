import ArgumentParser
import DataTypes
import Foundation
import ImageCodec
import RecordIO
import TestSupport
import Testing

@testable import Tool

@Suite("rec pack")
struct RecPackTests {
    /// A picture with a gradient that tells it from others.
    private func picture(_ width: Int, _ height: Int, seed: Int = 0, channels: Int = 3) throws -> [UInt8] {
        var buffer = PixelBuffer()
        buffer.reshape(width: width, height: height, channels: channels)
        var pixels = buffer.mutablePixels
        for index in pixels.indices { pixels[index] = UInt8(truncatingIfNeeded: index / 7 + seed * 31) }
        return try PNGEncoder().encode(buffer)
    }

    /// A folder `images` with `count` pictures and a list of them.
    private func fixture(_ count: Int = 6) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var list = ""
        for number in 0..<count {
            try folder.write(try picture(20 + number % 5, 16, seed: number), to: "images/\(number).png")
            list += "\(10 + number)\t\(number).5\t\(number).png\n"
        }
        try folder.write(list, to: "out.lst")
        return folder
    }

    private func pack(_ folder: TemporaryFolder, _ arguments: String...) throws -> PackSummary {
        try RecPack.parse([folder.path + "/out", folder.path + "/images"] + arguments).perform()
    }

    @Test("the output does not depend on the number of threads")
    func threads() throws {
        let folder = try fixture(60)
        var outputs: Set<[UInt8]> = []
        for threads in ["1", "2", "7"] {
            #expect(try pack(folder, "--num-thread", threads, "--force", "--resize", "24").images == 60)
            outputs.insert(try folder.read("out.rec") + folder.read("out.idx"))
        }
        #expect(outputs.count == 1)
        let records = try PackedRecord.all(in: folder.path + "/out.rec")
        #expect(records.map(\.header.id) == (10..<70).map(UInt64.init))
        #expect(records.map(\.labels) == (0..<60).map { [Float($0) + 0.5] })
    }

    @Test("pictures that cannot be used are left out, reported and counted")
    func unusable() throws {
        let folder = try fixture()
        let whole = try folder.read("images/0.png")
        try folder.write(Array(whole.dropLast(20)), to: "images/1.png")
        try folder.write([], to: "images/2.png")
        try FileManager.default.removeItem(atPath: folder.path + "/images/3.png")
        try FileManager.default.removeItem(atPath: folder.path + "/images/4.png")
        // The path is a C string for the length of the call.
        let status = unsafe mkfifo(folder.path + "/images/4.png", 0o600)
        #expect(status == 0)
        let list = String(decoding: try folder.read("out.lst"), as: UTF8.self)
        try folder.write(list + "99\t0\t.\nno row\n", to: "out.lst")
        let summary = try pack(folder)
        #expect(try PackedRecord.all(in: folder.path + "/out.rec").map(\.header.id) == [10, 15])
        #expect(summary.problems.map(\.line) == [2, 3, 4, 5, 7, 8])
        #expect(summary.problems.map(\.path) == ["1.png", "2.png", "3.png", "4.png", ".", nil])
        #expect(summary.files.map(\.leftOut) == [5] && summary.files.map(\.badLines) == [1])
        #expect(summary.leftOut == 6)
    }

    @Test(
        "--strict ends at the first unusable row and leaves nothing behind",
        arguments: ["no row\n", "1\t0\tgone.png\n"])
    func strict(line: String) throws {
        let folder = try fixture()
        let list = String(decoding: try folder.read("out.lst"), as: UTF8.self)
        try folder.write(list + line, to: "out.lst")
        let error = try #require(throws: ToolError.self) { try pack(folder, "--strict") }
        #expect(error.description.contains("out.lst line 7: "))
        #expect(try folder.names == ["images", "out.lst"])
    }

    @Test("a run without any usable picture is an error and leaves nothing behind")
    func nothingUsable() throws {
        let folder = try TemporaryFolder()
        try folder.write("1\t0\ta.png\n", to: "out.lst")
        #expect(throws: ToolError.self) { try pack(folder) }
        #expect(try folder.names == ["out.lst"])
    }

    @Test("an interrupted run leaves nothing behind and exits as a shell expects")
    func interrupted() throws {
        let folder = try fixture()
        try folder.write("0\t0\t0.png\n", to: "out_2.lst")
        let lists = try ["out", "out_2"].map { name in
            PackList(stem: folder.path + "/" + name, bytes: try folder.read(name + ".lst"), isNew: false)
        }
        var run = PackRun(lists: lists, root: folder.path + "/images")
        let interruption = Interruption()
        interruption.interrupt(SIGINT)
        let error = #expect(throws: ExitCode.self) { try run.run(interruption: interruption) }
        #expect(error?.rawValue == 130)
        #expect(try folder.names == ["images", "out.lst", "out_2.lst"])
    }

    // In a process of its own, because other tests of this one may watch signals too.
    @Test("a signal that comes while records are written is noticed")
    func signalled() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let interruption = Interruption()
            let woken = DispatchSemaphore(value: 0)
            interruption.onSignal { woken.signal() }
            let result = try? interruption.watching {
                kill(getpid(), SIGTERM)
                return woken.wait(timeout: .now() + 60)
            }
            exit(result == .success && interruption.received == SIGTERM ? 7 : 1)
        }
    }

    @Test("files that are there are not overwritten without --force", arguments: ["out.rec", "out.idx"])
    func existing(name: String) throws {
        let folder = try fixture()
        try folder.write("mine", to: name)
        let error = try #require(throws: ToolError.self) { try pack(folder) }
        #expect(error.description.contains(name) && error.description.contains("--force"))
        #expect(try folder.read(name) == Array("mine".utf8))
        #expect(try pack(folder, "--force").images == 6)
        #expect(try folder.read(name) != Array("mine".utf8))
    }

    @Test("lists are not overwritten without --force")
    func existingList() throws {
        let folder = try fixture()
        let before = try folder.read("out.lst")
        #expect(throws: ToolError.self) { try pack(folder, "--list") }
        #expect(try folder.read("out.lst") == before)
        #expect(try pack(folder, "--list", "--force", "--seed", "3").images == 6)
        #expect(try folder.read("out.lst") != before)
    }

    @Test("without a list one is made, with the classes, and packed")
    func onePass() throws {
        let folder = try TemporaryFolder()
        for name in ["b/1.png", "b/2.png", "a/1.png"] { try folder.write(try picture(9, 9), to: "images/\(name)") }
        let summary = try pack(folder, "--recursive", "--no-shuffle")
        #expect(try folder.names == ["images", "out.classes.tsv", "out.idx", "out.lst", "out.rec"])
        #expect(try folder.read("out.classes.tsv") == Array("0\ta\n1\tb\n".utf8))
        #expect(try PackedRecord.all(in: folder.path + "/out.rec").map(\.labels) == [[0], [1], [1]])
        #expect(summary.classes == ["a", "b"])
    }

    @Test("a run that fails does not leave its new list behind either")
    func failedOnePass() throws {
        let folder = try TemporaryFolder()
        try folder.write([1, 2, 3], to: "images/a.png")
        #expect(throws: ToolError.self) { try pack(folder) }
        #expect(try folder.names == ["images"])
    }

    @Test("the parts of a split are packed, and no list that merely begins alike")
    func split() throws {
        let folder = try fixture()
        let list = try folder.read("out.lst")
        try FileManager.default.removeItem(atPath: folder.path + "/out.lst")
        let parts = ["out_0_train", "out_1", "out_test", "out_val"]
        for name in parts + ["out_old", "outer", "out_0_old", "out__train", "out_"] {
            try folder.write(list, to: name + ".lst")
        }
        #expect(try pack(folder).files.map(\.records) == parts.map { folder.path + "/\($0).rec" })
        #expect(try folder.names.filter { $0.hasSuffix(".rec") } == parts.map { $0 + ".rec" })
    }

    @Test("PREFIX.lst goes before the parts of a split, and a list can be named itself")
    func exactList() throws {
        let folder = try fixture()
        try folder.write("1\t0\t0.png\n", to: "out_val.lst")
        #expect(try pack(folder).images == 6)
        let named = try RecPack.parse([folder.path + "/out_val.lst", folder.path + "/images"]).perform()
        #expect(named.images == 1)
        let made = ["out.idx", "out.lst", "out.rec", "out_val.idx", "out_val.lst", "out_val.rec"]
        #expect(try folder.names == ["images"] + made)
    }

    @Test("a picture that --resize would make enormous is left out")
    func enormous() throws {
        let folder = try TemporaryFolder()
        try folder.write(try picture(30_000, 1), to: "images/long.png")
        try folder.write(try picture(4, 4), to: "images/good.png")
        let summary = try pack(folder, "--resize", "256")
        #expect(summary.images == 1)
        #expect(summary.problems.map(\.reason) == ["would have 7680000×256 pixels after --resize"])
    }

    @Test(
        "crop and size",
        arguments: [
            ([], [23, 16, 3]), (["--center-crop"], [16, 16, 3]), (["--resize", "32"], [46, 32, 3]),
            (["--resize", "0"], [23, 16, 3]), (["--center-crop", "--resize", "8"], [8, 8, 3]),
            (["--color", "0", "--resize", "5"], [7, 5, 1]), (["--color", "-1"], [23, 16, 3]),
        ] as [([String], [Int])])
    func sizes(arguments: [String], expected: [Int]) throws {
        let folder = try TemporaryFolder()
        // With transparency, which JPEG cannot hold.
        try folder.write(try picture(23, 16, channels: 4), to: "images/a.png")
        _ = try RecPack.parse([folder.path + "/out", folder.path + "/images"] + arguments).perform()
        let record = try #require(try PackedRecord.all(in: folder.path + "/out.rec").first)
        #expect(try record.decoded().size == expected)
    }

    @Test("with --color -1 and PNG, transparency is kept")
    func transparency() throws {
        let folder = try TemporaryFolder()
        try folder.write(try picture(8, 8, channels: 4), to: "images/a.png")
        _ = try pack(folder, "--color", "-1", "--encoding", ".png")
        let record = try #require(try PackedRecord.all(in: folder.path + "/out.rec").first)
        #expect(try record.decoded().size == [8, 8, 4])
    }

    @Test(
        "impossible options are refused",
        arguments: [
            ["--chunks", "0"], ["--train-ratio", "1.5"], ["--train-ratio", ".6", "--test-ratio", ".5"],
            ["--exts", "jpg"],
            ["--resize", "-1"], ["--quality", "101"], ["--color", "2"], ["--encoding", ".bmp"], ["--num-thread", "0"],
        ])
    func options(arguments: [String]) {
        #expect(throws: (any Error).self) { try RecPack.parse(["out", "images"] + arguments) }
    }

    @Test("an empty folder is an error that says what to do")
    func empty() throws {
        let folder = try TemporaryFolder()
        try folder.write(try picture(4, 4), to: "images/sub/a.png")
        let error = try #require(throws: ToolError.self) { try pack(folder) }
        #expect(error.description.contains("--recursive"))
    }
}

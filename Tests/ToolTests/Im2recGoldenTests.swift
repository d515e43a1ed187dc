import Foundation
import TestSupport
import Testing

@testable import Tool

/// Every reference case of im2rec: it passes, or it is in the deviation table and does what the table says.
@Suite("im2rec")
struct Im2recGoldenTests {
    @Test("reference cases pass or are listed deviations")
    func cases() throws {
        let set = try GoldenSet.load()
        let deviations = try DeviationTable.load()
        let cases = set.cases.filter { $0.iterator == "im2rec" }
        var passed = 0
        var deviating = 0
        var failures: [String] = []
        for golden in cases {
            let crashes = golden.expect["exit_status"] as? Int != 0
            let listed = deviations.entry(for: golden.name)?.outcome
            let difference = try difference(golden, root: set.root)
            switch (crashes, difference, listed) {
            case (false, nil, nil): passed += 1
            // Where the tool dies, we go on: the run above did not throw.
            case (true, _, "data"): deviating += 1
            case (false, .some, "differs"): deviating += 1
            default: failures.append("\(golden.name): \(difference ?? "same"), listed as \(listed ?? "nothing")")
            }
        }
        print("reference cases, im2rec: \(passed) passed, \(deviating) deviate as listed, \(failures.count) failed")
        #expect(cases.count == 21)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    @Test(
        "where im2rec crashes, everything but the unusable rows is packed",
        arguments: [("im2rec_pack_broken_one_thread", Array(2...9), 1), ("im2rec_pack_bad_lines", [0, 4], 3)])
    func crashes(name: String, ids: [UInt64], leftOut: Int) throws {
        let set = try GoldenSet.load()
        let golden = try #require(set.cases.first { $0.name == name })
        let folder = try TemporaryFolder()
        let summary = try pack(golden, root: set.root, folder: folder)
        #expect(try PackedRecord.all(in: folder.path + "/out.rec").map(\.header.id) == ids)
        #expect(summary.images == ids.count && summary.leftOut == leftOut && summary.problems.count == leftOut)
    }

    private func pack(_ golden: GoldenCase, root: String, folder: TemporaryFolder) throws -> PackSummary {
        if let list = golden.parameters["lst"] as? String { try folder.write(list, to: "out.lst") }
        let arguments = (golden.parameters["args"] as? [String] ?? []).map { argument in
            if argument == "<prefix>" { return folder.path + "/out" }
            return argument.hasPrefix("in/") ? root + "/" + argument : argument
        }
        return try RecPack.parse(arguments).perform()
    }

    /// How our files differ from the reference's; nil when they do not.
    private func difference(_ golden: GoldenCase, root: String) throws -> String? {
        let folder = try TemporaryFolder()
        let summary = try pack(golden, root: root, folder: folder)
        let files = golden.expect["files"] as? [String: [String: Any]] ?? [:]
        for (name, reference) in files.sorted(by: { $0.key < $1.key }) {
            let path = root + "/" + (reference["file"] as? String ?? "")
            if golden.toleranceClass == "decoded" {
                guard name.hasSuffix(".rec") else { continue }
                let records = try PackedRecord.all(in: folder.path + "/" + name)
                let index = String(decoding: try folder.read("out.idx"), as: UTF8.self)
                guard index == records.map({ "\($0.header.id)\t\($0.offset)\n" }).joined() else {
                    return "index \(index)"
                }
                if let difference = try difference(
                    records, PackedRecord.all(in: path), tolerance: Int(golden.dataTolerance))
                {
                    return "\(name): \(difference)"
                }
            } else if try folder.read(name) != Array(Data(contentsOf: URL(filePath: path))) {
                return "\(name): other bytes"
            }
        }
        // The reference's list of printed lines leaves those of nested folders out.
        let printed = (summary.classes ?? []).enumerated().map { "\($1) \($0)" }
        let expected = golden.expect["printed"] as? [String] ?? []
        return expected.allSatisfy(printed.contains) || golden.parameters["lst"] != nil ? nil : "classes \(printed)"
    }

    private func difference(_ ours: [PackedRecord], _ theirs: [PackedRecord], tolerance: Int) throws -> String? {
        guard ours.map(\.header) == theirs.map(\.header), ours.map(\.labels) == theirs.map(\.labels) else {
            return "headers \(ours.map(\.header)), expected \(theirs.map(\.header))"
        }
        for (mine, other) in zip(ours, theirs) {
            let (a, b) = (try mine.decoded(), try other.decoded())
            guard a.size == b.size else { return "record \(mine.header.id): \(a.size), expected \(b.size)" }
            let worst = zip(a.pixels, b.pixels).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) }
            if worst > tolerance { return "record \(mine.header.id): pixels differ by up to \(worst)" }
        }
        return nil
    }
}

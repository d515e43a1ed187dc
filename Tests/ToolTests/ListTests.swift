import Foundation
import Testing

@testable import Tool

@Suite("lists of pictures")
struct ListTests {
    @Test(
        "every row is in exactly one part", arguments: [0, 1, 2, 7, 10, 11, 1001],
        [
            ListSplit(), ListSplit(chunks: 3), ListSplit(chunks: 20), ListSplit(trainRatio: 0.9, testRatio: 0.1),
            ListSplit(chunks: 2, trainRatio: 0.5, testRatio: 0.25), ListSplit(trainRatio: 0.7, testRatio: 0.3),
            ListSplit(trainRatio: 0, testRatio: 1), ListSplit(chunks: 4, trainRatio: 0.333),
        ])
    func partition(count: Int, split: ListSplit) {
        let parts = split.parts(of: count)
        #expect(parts.flatMap { Array($0.rows) }.sorted() == Array(0..<count))
        #expect(Set(parts.map(\.suffix)).count == parts.count)
    }

    @Test("with ratios that add up to 1 there is nothing to validate with, and the remainder is trained with")
    func remainder() {
        let parts = ListSplit(trainRatio: 0.7, testRatio: 0.3).parts(of: 11)
        #expect(parts.map(\.suffix) == ["_test", "_train"])
        #expect(parts.map(\.rows.count) == [3, 8])
    }

    @Test("a short last chunk is divided by its own size")
    func shortChunk() {
        let parts = ListSplit(chunks: 2, trainRatio: 0.5, testRatio: 0.25).parts(of: 7)
        #expect(parts.map(\.suffix) == ["_0_test", "_0_val", "_0_train", "_1_test", "_1_val", "_1_train"])
        #expect(parts.map(\.rows.count) == [1, 1, 2, 0, 2, 1])
    }

    @Test("rows are read as im2rec reads them, and reading goes on behind a bad one")
    func rows() {
        let good = "0\t1.5\ta b.jpg\r\n\n 7 \t1\t-2e3\tinf\t c.jpg \n"
        let text = good + "x\t1\td.jpg\n1\ty\td.jpg\n1\td.jpg\n-1\t1\td.jpg\n5\t1\t \n9\t0\t/e"
        var reader = ListReader(Array(text.utf8))
        var rows: [String] = []
        while let row = reader.next() {
            switch row {
            case .image(let line, let id, let labels, let path): rows.append("\(line): \(id) \(labels) \(path)")
            case .fault(let line, let reason): rows.append("\(line): \(reason.prefix(20))")
            }
        }
        #expect(
            rows == [
                "1: 0 [1.5] a b.jpg", "3: 7 [1.0, -2000.0, inf] c.jpg", "4: the number is 'x', n",
                "5: label 1 is 'y', not ", "6: a number, labels and", "7: the number is '-1', ",
                "8: a number, labels and", "9: 9 [0.0] /e",
            ])
    }

    @Test("paths that no file can have are faults", arguments: [[0xFF, 0x41], [0x41, 0, 0x42]] as [[UInt8]])
    func hostilePaths(path: [UInt8]) throws {
        var reader = ListReader(Array("1\t0\t".utf8) + path + [10])
        guard case .fault(line: 1, let reason)? = reader.next() else {
            Issue.record("accepted")
            return
        }
        #expect(reason.contains("UTF-8"))
        #expect(reader.next() == nil)
    }

    @Test("any bytes are read to their end, with at most one row a line")
    func randomBytes() {
        var random = SystemRandomNumberGenerator()
        let alphabet: [UInt8] = [9, 10, 13, 32, 48, 49, 46, 45, 0, 0xC3, 0xA9, 97]
        for _ in 0..<500 {
            let bytes = (0..<200).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            var reader = ListReader(bytes)
            let lines = reader.lineCount + 1
            var rows = 0
            while reader.next() != nil { rows += 1 }
            #expect(rows <= lines, "\(bytes)")
        }
    }
}

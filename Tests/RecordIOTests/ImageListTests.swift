import TestSupport
import Testing

@testable import RecordIO

@Suite struct ImageListTests {
    let directory: TemporaryFolder

    init() throws { directory = try TemporaryFolder() }

    func list(_ text: String, labelWidth: Int?, keepsPaths: Bool = false) throws -> ImageList {
        try ImageList(path: try directory.write(text, to: "a.lst"), labelWidth: labelWidth, keepsPaths: keepsPaths)
    }

    func labels(_ list: ImageList, ofID id: UInt64) throws -> [Float] {
        let row = try #require(list.row(ofID: id))
        let span = list.labels(ofRow: row)
        return span.indices.map { span[$0] }
    }

    @Test(
        "tabs, spaces, CR LF, empty lines and a missing last line end are all read",
        arguments: [
            "7\t0.5\ta.jpg\n3\t1e1\tb.jpg\n", "7 0.5 a.jpg\n3   10 b.jpg", "7\t0.5\ta.jpg\r\n3\t10\tb.jpg\r\n",
            "\n\n7\t0.5\n\n3\t10\n", "7\t 0.5 \tmy cat.jpg\n3\t10.0\t\n",
        ])
    func variants(text: String) throws {
        let list = try list(text, labelWidth: 1)
        #expect(list.ids == [7, 3])
        #expect(try labels(list, ofID: 7) == [0.5])
        #expect(try labels(list, ofID: 3) == [10])
        #expect(list.row(ofID: 4) == nil)
    }

    @Test("a fixed width takes that many labels and passes over the rest")
    func fixedWidth() throws {
        let list = try list("1\t1\t2\t3\tx\n2\t4\t5\t6\tx\n", labelWidth: 2)
        #expect(try labels(list, ofID: 1) == [1, 2])
        #expect(try labels(list, ofID: 2) == [4, 5])
    }

    @Test("without a width all columns before the path are labels, also when the path has spaces")
    func variableWidth() throws {
        let list = try list("1\t2\t5\t0.1\ta b.jpg\n2 7 x\n", labelWidth: nil, keepsPaths: true)
        #expect(try labels(list, ofID: 1) == [2, 5, 0.1])
        #expect(try labels(list, ofID: 2) == [7])
        #expect(list.path(ofRow: 0) == "a b.jpg")
        #expect(list.path(ofRow: 1) == "x")
    }

    @Test("of rows with the same number the last counts, and all stay in order")
    func duplicates() throws {
        let list = try list("5\t1\ta\n4\t2\tb\n5\t3\tc\n", labelWidth: 1, keepsPaths: true)
        #expect(list.ids == [5, 4, 5])
        #expect(try labels(list, ofID: 5) == [3])
        #expect(list.path(ofRow: 0) == "a")
        #expect(list.path(ofRow: 2) == "c")
    }

    @Test(
        "a line that cannot be used is an error with its number and what is wrong",
        arguments: [
            ("x\ty\tz\n", 1, 1, "image number"), ("100\n", 1, 1, "found 0"), ("1\t2\ta\n-1\t1\ta\n", 1, 2, "'-1'"),
            ("100.7\t2\ta\n", 1, 1, "'100.7'"), ("1\t2\ta.jpg\n", 2, 1, "label 2 is 'a.jpg'"),
            ("1\t2\n\n2\tnone\tx\n", 1, 3, "'none'"),
        ] as [(String, Int, Int, String)])
    func badLines(text: String, labelWidth: Int, line: Int, says: String) throws {
        let error = try #require(throws: RecordError.self) { try list(text, labelWidth: labelWidth) }
        guard case .badLine(_, line, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains(says), "\(reason)")
    }

    @Test("an empty list is a list without rows, and a file of one endless line ends in an error")
    func extremes() throws {
        #expect(try list("", labelWidth: 1).rowCount == 0)
        #expect(throws: RecordError.self) { try list(String(repeating: "1", count: 3 << 20), labelWidth: 1) }
    }

    @Test("many rows are all found")
    func manyRows() throws {
        let text = (0..<50_000).map { "\(($0 * 7919) % 50_000)\t\($0)\tx/y.jpg\n" }.joined()
        let list = try list(text, labelWidth: 1)
        for row in stride(from: 0, to: 50_000, by: 997) {
            #expect(try labels(list, ofID: UInt64((row * 7919) % 50_000)) == [Float(row)])
        }
    }
}

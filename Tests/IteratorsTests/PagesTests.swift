import DataTypes
import Foundation
import Iterators
import Testing

/// The pages of the documentation say what the catalog says.
struct PagesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    private static let folder = root.appending(path: "Sources/Iterators")

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    /// The page whose title names an iterator, as a path in the folder of iterators.
    private static func page(of name: String) throws -> String? {
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { $0 + "/README.md" }
        return try pages.first { page in
            guard FileManager.default.fileExists(atPath: folder.appending(path: page).path) else { return false }
            let title = try text(page).split(separator: "\n").first ?? ""
            return title.dropFirst(2).components(separatedBy: ", ").contains(name)
        }
    }

    /// Rows of the tables of parameters, by the parameter's name.
    private static func rows(_ page: String) throws -> [String: [String]] {
        var rows: [String: [String]] = [:]
        var isTable = false
        for line in try text(page).split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "| parameter | default | range | does |" { isTable = true }
            if line.isEmpty { isTable = false }
            guard isTable, line.hasPrefix("| `") else { continue }
            rows[String(line.dropFirst(3).prefix { $0 != "`" }), default: []].append(String(line))
        }
        return rows
    }

    @Test("every parameter has a row with its default and range", arguments: IteratorCatalog.all.map(\.name))
    func parameters(name: String) throws {
        let kind = try IteratorCatalog.kind(named: name)
        let page = try #require(try Self.page(of: name), "no page's title names \(name)")
        let (own, common) = (try Self.rows(page), try Self.rows("README.md"))
        for spec in kind.specs {
            let found = own[spec.name] ?? common[spec.name] ?? []
            #expect(
                found.count == 1 && found[0].hasPrefix(spec.tableStart + " ") && found[0].hasSuffix(" |"),
                "\(page) or README.md needs one row '\(spec.tableStart) … |'; 'headrace iterators \(name) --markdown' has it"
            )
        }
        #expect(try Self.text("README.md").contains("`\(name)`") && Self.text("README.md").contains("(\(page))"))
    }

    @Test("a table has no parameter that is none", arguments: IteratorCatalog.all.map(\.name))
    func leftovers(name: String) throws {
        let page = try #require(try Self.page(of: name))
        let kinds = try IteratorCatalog.all.filter { try Self.page(of: $0.name) == page }
        let names = Set(kinds.flatMap(\.specs).map(\.name))
        for parameter in try Self.rows(page).keys { #expect(names.contains(parameter), "\(page)") }
    }

    @Test("the how-to's code is the code that is built")
    func ownIterator() throws {
        let blocks = try Self.text("YOUR-OWN.md").components(separatedBy: "```swift\n").dropFirst().map { block in
            block.components(separatedBy: "\n```")[0]
        }
        for (block, path) in [
            (blocks[0], "Tests/ExampleIterator/CIFARParameters.swift"),
            (blocks[1], "Tests/ExampleIterator/CIFARSource.swift"),
        ] {
            let file = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
            #expect(file == block + "\n", "\(path)")
        }
        let fixtures = "Tests/IteratorsTests/AllIterators/IteratorFixture+Tables.swift"
        #expect(try String(contentsOf: Self.root.appending(path: fixtures), encoding: .utf8).contains(blocks[4]))
    }
}

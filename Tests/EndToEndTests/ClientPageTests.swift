import Foundation
import HeadraceClient
import TestSupport
import Testing

/// The page of the Swift client says what the code says.
struct ClientPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    @Test("the page's code is the code that is built here")
    func code() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        }
        let blocks = try text("Sources/HeadraceClient/README.md").components(separatedBy: "```swift\n").dropFirst().map
        {
            $0.components(separatedBy: "\n```")[0]
        }
        #expect(try text("Tests/EndToEndTests/ClientPage.swift") == blocks.joined(separator: "\n\n") + "\n")
    }

    @Test("the page's code does what it says")
    func run() async throws {
        let folder = try TemporaryFolder()
        let table = try folder.write((0..<22).map { "\($0),\($0),\($0)\n" }.joined(), to: "table.csv")
        try await withServer(
            ["unix:\(folder.path)/s"], threads: 2, roots: [folder.path], handsArraysOver: true
        ) { bound in
            let token = try await readTwoEpochs(from: bound[0], table: table)
            // 22 rows are six batches of four.
            #expect(token.hasSuffix(".1.6"))
            #expect(try await withSquares(openInProcess(table: table)) == 6)
            let both = try await sideBySide(openInProcess(table: table), openInProcess(table: table))
            #expect(both.provideData.map(\.name) == ["image", "caption"])
            var count = 0
            for try await batch in both where batch.tokens.count == 2 { count += 1 }
            #expect(count == 500)
            let client = try await HeadraceClient.connect(bound[0], options: .patient)
            #expect(try await readArray(of: client, [Float](repeating: 0, count: 784 * 300)) == 3)
            await client.close()
        }
    }
}

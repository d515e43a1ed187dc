import Foundation

/// Where we differ from MXNet on purpose: `Tests/Fixtures/deviations.json`, which the README's table is about.
package struct DeviationTable: Decodable {
    package struct Entry: Decodable {
        /// Names of cases; `*` stands for anything.
        package var cases: [String]
        /// What we do: `error` (refuse), `data` (deliver where MXNet fails), `differs` (deliver something else).
        package var outcome: String
        package var mxnet: String
        package var headrace: String
        package var reason: String
        /// Parameters under which we do as MXNet does, where there are any.
        package var with: [String: String]?
    }
    package var deviations: [Entry]

    package static func load() throws -> DeviationTable {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/deviations.json")
        return try JSONDecoder().decode(DeviationTable.self, from: Data(contentsOf: file))
    }

    package func entry(for name: String) -> Entry? {
        deviations.first { $0.cases.contains { Self.matches(name, pattern: $0) } }
    }

    private static func matches(_ name: String, pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return name == pattern }
        var rest = Substring(name)
        guard rest.hasPrefix(parts[0]), rest.hasSuffix(parts[parts.count - 1]) else { return false }
        rest = rest.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.count >= parts[parts.count - 1].count
    }
}

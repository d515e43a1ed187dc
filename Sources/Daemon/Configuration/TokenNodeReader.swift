internal import DataTypes
internal import Yams

/// Reads one entry of `tokens`.
struct TokenNodeReader {
    let file: String
    var problems: [ConfigurationProblem] = []

    private static let keys = ["sha256", "datasets", "memory", "streams"]
    private static let memory = ConfigurationKind.bytes(1 << 20...1 << 50)
    private static let streams = ConfigurationKind.integer(1...1_000_000)

    init(file: String) { self.file = file }

    /// nil when the entry is unusable; `problems` says why.
    mutating func read(name keyNode: Node, value: Node) -> TokenConfiguration? {
        guard let name = keyNode.string, DatasetNodeReader.isName(name) else {
            add(keyNode, "a token's name is 1 to 128 letters, digits and . _ - /, the first a letter or digit")
            return nil
        }
        guard case .mapping(let mapping) = value else {
            add(keyNode, "token '\(name)' must be a mapping with 'sha256', which `headrace token` prints")
            return nil
        }
        var token = TokenConfiguration(name: name, origin: .file(path: file, line: keyNode.mark?.line ?? 0))
        for (key, value) in mapping {
            switch key.string {
            case "sha256":
                token.digest = Self.digest(value.scalar?.string ?? "")
                if token.digest.isEmpty {
                    // The value is not repeated: it may be the token itself.
                    add(key, "token '\(name)': 'sha256' must be 64 hexadecimal digits; `headrace token` prints them")
                }
            case "datasets":
                guard case .sequence(let names) = value, names.allSatisfy({ $0.scalar != nil }) else {
                    add(key, "token '\(name)': 'datasets' must be a list of the names of data sets")
                    continue
                }
                token.datasets = names.compactMap { $0.scalar?.string }
            case "memory":
                if case .bytes(let count)? = parse(Self.memory, value, key, name) { token.memoryBytes = count }
            case "streams":
                if case .integer(let count)? = parse(Self.streams, value, key, name) { token.streams = count }
            case let other:
                let near = other.flatMap { nearestName(to: $0, among: Self.keys) }.map { "; did you mean '\($0)'?" }
                add(key, "token '\(name)': unknown key '\(other ?? "")'\(near ?? "")")
            }
        }
        if !mapping.contains(where: { $0.key.string == "sha256" }) {
            add(keyNode, "token '\(name)' needs 'sha256', which `headrace token` prints")
        }
        return token.digest.isEmpty ? nil : token
    }

    private mutating func parse(
        _ kind: ConfigurationKind, _ value: Node, _ key: Node, _ name: String
    ) -> ConfigurationValue? {
        switch kind.parse(value.scalar?.string ?? "") {
        case .success(let value): return value
        case .failure(let expected):
            add(key, "token '\(name)': '\(key.string ?? "")' must be \(expected.text)")
            return nil
        }
    }

    /// The bytes that 64 hexadecimal digits say; empty when they are none.
    private static func digest(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { return [] }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private mutating func add(_ node: Node, _ message: String) {
        problems.append(ConfigurationProblem(.file(path: file, line: node.mark?.line ?? 0), message))
    }
}

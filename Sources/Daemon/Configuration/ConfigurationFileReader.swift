internal import DataTypes
internal import Foundation
internal import Yams

/// Reads one YAML file into settings, collecting every problem instead of stopping at the first.
struct ConfigurationFileReader {
    /// As it is named in messages.
    let file: String
    var settings: ConfigurationSettings
    var problems: [ConfigurationProblem] = []

    /// Larger is no configuration, and must not be read into memory.
    private static let mostBytes = 16 << 20
    /// Each can stand for a list of the ones before it, so that a few lines would be a list beyond all memory.
    private static let mostAliases = 24

    init(file: String, settings: ConfigurationSettings) {
        self.file = file
        self.settings = settings
    }

    mutating func read() {
        let url = URL(fileURLWithPath: file)
        do {
            let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
            guard size <= Self.mostBytes else {
                return add(nil, "is \(size) bytes long; a configuration has at most \(Self.mostBytes)")
            }
            guard let text = String(data: try Data(contentsOf: url), encoding: .utf8) else {
                return add(nil, "is not UTF-8 text")
            }
            read(text)
        } catch {
            add(nil, "cannot be read: \(error.localizedDescription)")
        }
    }

    mutating func read(_ text: String) {
        let aliases = Self.aliasCount(text)
        guard aliases <= Self.mostAliases else {
            return add(nil, "has \(aliases) aliases ('*name'); \(Self.mostAliases) are allowed, write the others out")
        }
        do {
            guard let root = try Yams.compose(yaml: text), root.null == nil else { return }
            readMapping(root, prefix: "")
        } catch let error as YamlError {
            switch error {
            case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
                .composer(let context, let problem, let mark, _):
                add(mark.line, "\(problem)\(context.map { " \($0.text)" } ?? "")")
            case .duplicatedKeysInMapping(let names, let context):
                add(context.mark.line, "the key '\(names.first ?? "")' is given twice")
            default:
                add(nil, "\(error)")
            }
        } catch {
            add(nil, "\(error)")
        }
    }

    /// Places where an alias can stand, counted before the parser puts in what they stand for.
    private static func aliasCount(_ text: String) -> Int {
        var count = 0
        // The start of the text is the start of a line.
        var before = UInt8(ascii: "\n")
        var isStar = false
        for byte in text.utf8 {
            let isSpace = byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
            if isStar, !isSpace { count += 1 }
            isStar = byte == UInt8(ascii: "*") && (before <= UInt8(ascii: " ") || "[{,:?-".utf8.contains(before))
            before = byte
        }
        return count
    }

    private mutating func readMapping(_ node: Node, prefix: String) {
        guard case .mapping(let mapping) = node else {
            let name = prefix.isEmpty ? "the file" : "'\(prefix.dropLast())'"
            return add(node.mark?.line, "\(name) must be a mapping of keys to values")
        }
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line
            guard let name = keyNode.string else {
                add(line, "a key must be plain text")
                continue
            }
            let path = prefix + name
            if path == "datasets" {
                readDatasets(value)
            } else if path == "tokens" {
                readTokens(value)
            } else if let key = ConfigurationCatalog.byPath[path] {
                readValue(value, key: key, line: line)
            } else if ConfigurationCatalog.keys.contains(where: { $0.path.hasPrefix(path + ".") }) {
                // A heading with all its keys commented out.
                if value.null == nil { readMapping(value, prefix: path + ".") }
            } else {
                add(line, "unknown key '\(path)'\(Self.suggestion(for: path))")
            }
        }
    }

    /// The nearest key: in the same section by its last name, or else anywhere.
    private static func suggestion(for path: String) -> String {
        let section = path.lastIndex(of: ".").map { String(path[...$0]) } ?? ""
        let depth = section.split(separator: ".").count
        let siblings = Set(
            (ConfigurationCatalog.keys.map(\.path) + ["datasets", "tokens"]).filter { $0.hasPrefix(section) }
                .map { $0.split(separator: ".").prefix(depth + 1).joined(separator: ".") }
        ).sorted()
        let paths = ConfigurationCatalog.keys.map(\.path)
        let last = String(path.dropFirst(section.count))
        let near =
            nearestName(to: last, among: siblings.map { String($0.dropFirst(section.count)) }).map { section + $0 }
            ?? paths.first { $0.hasSuffix("." + last) } ?? nearestName(to: path, among: paths)
        return near.map { "; did you mean '\($0)'?" } ?? ""
    }

    private mutating func readValue(_ node: Node, key: ConfigurationKey, line: Int?) {
        let origin = ConfigurationOrigin.file(path: file, line: line ?? 0)
        let result: Result<ConfigurationValue, ConfigurationKind.Expectation>
        switch node {
        case .scalar(let scalar):
            // `key:` with nothing behind it means what leaving the line out means.
            if node.null != nil { return }
            if key.kind == .paths {
                result = .failure("a list of absolute paths, a line '- /path' each")
            } else {
                result = key.kind.parse(scalar.string)
            }
        case .sequence(let sequence):
            result = key.kind.parse(sequence.map { $0.scalar?.string ?? "" })
        default:
            result = .failure("a value, not further keys")
        }
        switch result {
        case .success(let value):
            settings.set(key.path, value, origin)
        case .failure(let expected):
            let found = node.scalar.map { " is '\($0.string)'; it" } ?? ""
            problems.append(ConfigurationProblem(origin, "'\(key.path)'\(found) must be \(expected.text)"))
        }
    }

    private mutating func readDatasets(_ node: Node) {
        if node.null != nil { return }
        guard case .mapping(let mapping) = node else {
            return add(node.mark?.line, "'datasets' must be a mapping of names to data sets")
        }
        for (keyNode, value) in mapping {
            var reader = DatasetNodeReader(file: file)
            if let dataset = reader.read(name: keyNode, value: value) { settings.datasets[dataset.name] = dataset }
            problems += reader.problems
        }
    }

    private mutating func readTokens(_ node: Node) {
        if node.null != nil { return }
        guard case .mapping(let mapping) = node else {
            return add(node.mark?.line, "'tokens' must be a mapping of names to tokens")
        }
        for (keyNode, value) in mapping {
            var reader = TokenNodeReader(file: file)
            if let token = reader.read(name: keyNode, value: value) { settings.tokens[token.name] = token }
            problems += reader.problems
        }
    }

    private mutating func add(_ line: Int?, _ message: String) {
        problems.append(ConfigurationProblem(.file(path: file, line: line ?? 0), message))
    }
}

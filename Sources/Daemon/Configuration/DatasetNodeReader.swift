internal import DataTypes
internal import Yams

/// Reads one entry of `datasets`.
struct DatasetNodeReader {
    let file: String
    var problems: [ConfigurationProblem] = []
    /// Aliases make many values of a few, and each costs microseconds.
    private static let mostValues = 100_000
    private var room = mostValues

    init(file: String) { self.file = file }

    /// nil when the entry is unusable; `problems` says why.
    mutating func read(name keyNode: Node, value: Node) -> DatasetConfiguration? {
        guard let name = keyNode.string, Self.isName(name) else {
            add(keyNode, "a data set's name is 1 to 128 letters, digits and . _ - /, the first a letter or digit")
            return nil
        }
        guard case .mapping(let mapping) = value else {
            add(keyNode, "data set '\(name)' must be a mapping: 'iterator' and the iterator's parameters")
            return nil
        }
        var dataset = DatasetConfiguration(name: name, iterator: "", origin: origin(keyNode))
        for (key, value) in mapping {
            switch key.string {
            case "iterator":
                guard let iterator = value.scalar?.string, !iterator.isEmpty else {
                    add(key, "data set '\(name)': 'iterator' must be an iterator's name, such as ImageRecordIter")
                    continue
                }
                dataset.iterator = iterator
            case "locked":
                guard case .sequence(let names) = value, names.allSatisfy({ $0.scalar != nil }) else {
                    add(key, "data set '\(name)': 'locked' must be a list of parameter names")
                    continue
                }
                dataset.locked = Set(names.compactMap { $0.scalar?.string })
            case let parameter?:
                guard let parameterValue = parameterValue(value, depth: 0) else {
                    add(
                        key,
                        room > 0
                            ? "data set '\(name)': '\(parameter)' must be a value or a list of values"
                            : "data set '\(name)' has more than \(Self.mostValues) values")
                    continue
                }
                dataset.parameters[parameter] = parameterValue
                dataset.parameterOrigins[parameter] = origin(key)
            case nil:
                add(key, "data set '\(name)': a parameter's name must be plain text")
            }
        }
        if dataset.iterator.isEmpty {
            add(keyNode, "data set '\(name)' needs 'iterator', such as 'iterator: ImageRecordIter'")
            return nil
        }
        return dataset
    }

    /// Names end up in metrics' labels and log lines, so they are plain.
    static func isName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 128 else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "-._/".utf8.contains($0) }
    }

    private mutating func parameterValue(_ node: Node, depth: Int) -> ParameterValue? {
        guard room > 0 else { return nil }
        room -= 1
        switch node {
        case .scalar(let scalar):
            switch node.tag.description {
            case Tag.Name.null.rawValue: return .null
            case Tag.Name.bool.rawValue: return node.bool.map { .bool($0) }
            case Tag.Name.int.rawValue: return node.int.map { .integer($0) } ?? .string(scalar.string)
            case Tag.Name.float.rawValue: return node.float.map { .number($0) } ?? .string(scalar.string)
            default: return .string(scalar.string)
            }
        case .sequence(let sequence):
            guard depth < 16 else { return nil }
            var items: [ParameterValue] = []
            for element in sequence {
                guard let item = parameterValue(element, depth: depth + 1) else { return nil }
                items.append(item)
            }
            return .list(items)
        default:
            return nil
        }
    }

    private func origin(_ node: Node) -> ConfigurationOrigin { .file(path: file, line: node.mark?.line ?? 0) }

    private mutating func add(_ node: Node, _ message: String) {
        problems.append(ConfigurationProblem(origin(node), message))
    }
}

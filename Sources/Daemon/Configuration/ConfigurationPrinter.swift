internal import DataTypes

/// Writes settings as the YAML file that would give them, each with its origin behind it.
package struct ConfigurationPrinter {
    private var lines: [String] = []
    private var openSections: [Substring] = []

    /// The whole file, ending with a newline.
    package static func text(_ settings: ConfigurationSettings) -> String {
        var printer = ConfigurationPrinter()
        for key in ConfigurationCatalog.keys { printer.write(key, settings) }
        printer.write(settings.tokens.values.sorted { $0.name < $1.name })
        printer.write(settings.datasets.values.sorted { $0.name < $1.name })
        return printer.lines.joined(separator: "\n") + "\n"
    }

    private mutating func write(_ key: ConfigurationKey, _ settings: ConfigurationSettings) {
        let names = key.path.split(separator: ".")
        let sections = Array(names.dropLast())
        let shared = zip(sections, openSections).prefix { $0 == $1 }.count
        for depth in shared..<sections.count { lines.append(indent(depth) + sections[depth] + ":") }
        openSections = sections
        let start = indent(sections.count) + names[names.count - 1] + ":"
        let value = settings.value(key.path)
        let origin = "  # \(settings.origin(key.path))"
        switch value {
        case .automatic:
            // Off. As a comment, so that reading it again leaves it off.
            lines.append(indent(sections.count) + "# " + names[names.count - 1] + ":  # not set")
        case .list(let items):
            lines.append(start + " [" + items.map(Self.quote).joined(separator: ", ") + "]" + origin)
        case .text(let text):
            lines.append(start + " " + Self.quote(text) + origin)
        case .flag, .integer, .bytes, .duration, .mode:
            lines.append(start + " " + (value.text ?? "") + origin)
        }
    }

    private mutating func write(_ tokens: [TokenConfiguration]) {
        guard !tokens.isEmpty else { return lines.append("tokens: {}") }
        lines.append("tokens:")
        for token in tokens {
            lines.append("  \(Self.quote(token.name)):  # \(token.origin)")
            lines.append("    sha256: \(Self.quote(token.digestText))")
            if let datasets = token.datasets {
                lines.append("    datasets: [" + datasets.map(Self.quote).joined(separator: ", ") + "]")
            }
            if let bytes = token.memoryBytes { lines.append("    memory: \(ByteCount.text(bytes))") }
            if let streams = token.streams { lines.append("    streams: \(streams)") }
        }
    }

    private mutating func write(_ datasets: [DatasetConfiguration]) {
        guard !datasets.isEmpty else { return lines.append("datasets: {}") }
        lines.append("datasets:")
        for dataset in datasets {
            lines.append("  \(Self.quote(dataset.name)):  # \(dataset.origin)")
            lines.append("    iterator: \(Self.quote(dataset.iterator))")
            for (name, value) in dataset.parameters.sorted(by: { $0.key < $1.key }) {
                lines.append("    \(Self.quote(name)): \(Self.text(value))")
            }
            if !dataset.locked.isEmpty {
                lines.append("    locked: [" + dataset.locked.sorted().map(Self.quote).joined(separator: ", ") + "]")
            }
        }
    }

    private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private static func text(_ value: ParameterValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .number(let number):
            number.isFinite ? String(number) : number.isNaN ? ".nan" : number > 0 ? ".inf" : "-.inf"
        case .string(let text): quote(text)
        case .list(let items): "[" + items.map(Self.text).joined(separator: ", ") + "]"
        }
    }

    /// A double-quoted YAML scalar, which takes any text.
    private static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

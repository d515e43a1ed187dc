internal import DataTypes

/// The type of a key's value, and how its text is read.
package indirect enum ConfigurationKind: Sendable, Hashable {
    case text
    case flag
    case integer(ClosedRange<Int>)
    case bytes(ClosedRange<Int>)
    /// Both bounds in seconds.
    case duration(ClosedRange<Int>)
    /// Octal permission bits such as `0660`.
    case mode
    /// An absolute path.
    case path
    /// Absolute paths: a list in YAML, colons between them in an environment variable.
    case paths
    case choice([String])
    /// `auto`, or what the other kind takes.
    case automatic(or: ConfigurationKind)

    /// Reads `text`.
    ///
    /// - Returns: the value, or what was expected in its place.
    package func parse(_ text: String) -> Result<ConfigurationValue, Expectation> {
        switch self {
        case .text:
            return text.isEmpty ? .failure("some text") : .success(.text(text))
        case .flag:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return .success(.flag(true))
            case "false", "no", "off", "0": return .success(.flag(false))
            default: return .failure("true or false")
            }
        case .integer(let bounds):
            guard let number = Int(text), bounds.contains(number) else {
                return .failure("a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
            }
            return .success(.integer(number))
        case .bytes(let bounds):
            guard let count = ByteCount.parse(text), bounds.contains(count) else {
                let low = ByteCount.text(bounds.lowerBound)
                return .failure("a size from \(low) to \(ByteCount.text(bounds.upperBound)), such as 512MiB")
            }
            return .success(.bytes(count))
        case .duration(let bounds):
            guard let duration = DurationText.parse(text),
                (Duration.seconds(bounds.lowerBound)...Duration.seconds(bounds.upperBound)).contains(duration)
            else {
                let low = DurationText.text(.seconds(bounds.lowerBound))
                let high = DurationText.text(.seconds(bounds.upperBound))
                return .failure("a time from \(low) to \(high), such as 30s")
            }
            return .success(.duration(duration))
        case .mode:
            guard text.utf8.count <= 5, let bits = UInt32(text.replacing("0o", with: ""), radix: 8), bits <= 0o777
            else {
                return .failure("octal permission bits, such as 0660")
            }
            return .success(.mode(bits))
        case .path:
            guard text.hasPrefix("/"), !text.utf8.contains(0) else { return .failure("an absolute path") }
            return .success(.text(text))
        case .paths:
            return parse(text.split(separator: ":").map(String.init))
        case .choice(let names):
            guard names.contains(text) else {
                let hint = nearestName(to: text, among: names).map { " (did you mean '\($0)'?)" } ?? ""
                return .failure(Expectation("one of \(names.joined(separator: ", "))\(hint)"))
            }
            return .success(.text(text))
        case .automatic(let other):
            if text == "auto" { return .success(.automatic) }
            return other.parse(text).mapError { Expectation("auto, or \($0.text)") }
        }
    }

    /// Reads a list.
    package func parse(_ items: [String]) -> Result<ConfigurationValue, Expectation> {
        guard case .paths = self else { return .failure("a single value, not a list") }
        guard items.allSatisfy({ $0.hasPrefix("/") && !$0.utf8.contains(0) }) else {
            return .failure("a list of absolute paths")
        }
        return .success(.list(items))
    }

    /// What should have been written.
    package struct Expectation: Error, Sendable, Hashable, ExpressibleByStringInterpolation {
        package var text: String

        package init(_ text: String) { self.text = text }
        package init(stringLiteral text: String) { self.text = text }
    }
}

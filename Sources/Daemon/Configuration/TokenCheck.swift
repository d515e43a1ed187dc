internal import DataTypes

/// Checks what tokens say against the rest of the configuration.
enum TokenCheck {
    static func problems(_ settings: ConfigurationSettings) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        var nameOfDigest: [[UInt8]: String] = [:]
        for token in settings.tokens.values.sorted(by: { $0.name < $1.name }) {
            for name in token.datasets ?? [] where settings.datasets[name] == nil {
                // A suggestion looks at every name.
                let near = problems.count < 16 ? nearestName(to: name, among: settings.datasets.keys.sorted()) : nil
                problems.append(
                    ConfigurationProblem(
                        token.origin,
                        "token '\(token.name)': there is no data set '\(name)'"
                            + (near.map { "; did you mean '\($0)'?" } ?? "")))
            }
            if let other = nameOfDigest.updateValue(token.name, forKey: token.digest) {
                problems.append(
                    ConfigurationProblem(
                        token.origin, "tokens '\(other)' and '\(token.name)' are the same; make a token for each"))
            }
        }
        return problems
    }
}

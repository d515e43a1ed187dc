/// The value of every key with its origin, the datasets and the tokens: what several files, the environment and the command line
/// add up to. A later source wins key by key; a dataset or token is replaced as a whole.
package struct ConfigurationSettings: Sendable {
    package struct Setting: Sendable, Hashable {
        package var value: ConfigurationValue
        package var origin: ConfigurationOrigin
    }

    /// By key path. A key without default and value is absent.
    package private(set) var settings: [String: Setting] = [:]
    package var datasets: [String: DatasetConfiguration] = [:]
    package var tokens: [String: TokenConfiguration] = [:]

    /// The defaults.
    package init() {
        for key in ConfigurationCatalog.keys {
            guard let text = key.defaultText, case .success(let value) = key.kind.parse(text) else { continue }
            settings[key.path] = Setting(value: value, origin: .builtIn)
        }
    }

    package mutating func set(_ path: String, _ value: ConfigurationValue, _ origin: ConfigurationOrigin) {
        settings[path] = Setting(value: value, origin: origin)
    }

    package func origin(_ path: String) -> ConfigurationOrigin { settings[path]?.origin ?? .builtIn }

    package func value(_ path: String) -> ConfigurationValue { settings[path]?.value ?? .automatic }

    package func isAutomatic(_ path: String) -> Bool { value(path) == .automatic }

    // The accessors trap on a key of another type: asking for one is our bug, never the user's.

    func optionalText(_ path: String) -> String? {
        switch value(path) {
        case .automatic: return nil
        case .text(let text): return text
        default: preconditionFailure("\(path) is not text")
        }
    }

    func text(_ path: String) -> String {
        guard let text = optionalText(path) else { preconditionFailure("\(path) has no value") }
        return text
    }

    func flag(_ path: String) -> Bool {
        guard case .flag(let flag) = value(path) else { preconditionFailure("\(path) is not a flag") }
        return flag
    }

    func integer(_ path: String) -> Int {
        switch value(path) {
        case .integer(let number), .bytes(let number): return number
        default: preconditionFailure("\(path) is not a number")
        }
    }

    func duration(_ path: String) -> Duration {
        guard case .duration(let duration) = value(path) else { preconditionFailure("\(path) is not a duration") }
        return duration
    }

    func mode(_ path: String) -> UInt32 {
        guard case .mode(let bits) = value(path) else { preconditionFailure("\(path) is not a mode") }
        return bits
    }

    func list(_ path: String) -> [String] {
        guard case .list(let items) = value(path) else { preconditionFailure("\(path) is not a list") }
        return items
    }
}

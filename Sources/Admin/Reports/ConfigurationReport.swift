/// `GET /v1/config`: every key in force, in the order of the sample file.
package struct ConfigurationReport: Codable, Sendable, Hashable {
    package struct Setting: Codable, Sendable, Hashable {
        /// `limits.memory`.
        package var key: String
        /// As the file would have it; nil: not set.
        package var value: String?
        /// `default`, `/etc/headrace/headraced.yaml:12`, or the environment variable or option.
        package var origin: String
        /// A reload puts a new value into force.
        package var isReloadable: Bool

        enum CodingKeys: String, CodingKey {
            case key, value, origin
            case isReloadable = "reloadable"
        }

        package init(key: String, value: String?, origin: String, isReloadable: Bool) {
            self.key = key
            self.value = value
            self.origin = origin
            self.isReloadable = isReloadable
        }
    }

    /// The configuration file; nil when the daemon runs without.
    package var file: String?
    package var settings: [Setting]

    package init(file: String?, settings: [Setting]) {
        self.file = file
        self.settings = settings
    }
}

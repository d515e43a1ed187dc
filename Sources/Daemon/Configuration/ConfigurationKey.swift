/// One key of the configuration file: what reading, environment overrides, messages and `--print-config` are made from.
package struct ConfigurationKey: Sendable, Hashable {
    /// Names from the top of the file, joined by dots: `limits.memory`.
    package var path: String
    package var kind: ConfigurationKind
    /// As the file would have it; nil: the key has no value unless one is given.
    package var defaultText: String?
    /// A reload (SIGHUP) puts a new value into force; other keys need a restart.
    package var isReloadable: Bool

    package init(
        _ path: String, _ kind: ConfigurationKind, default defaultText: String?, isReloadable: Bool = false
    ) {
        self.path = path
        self.kind = kind
        self.defaultText = defaultText
        self.isReloadable = isReloadable
    }

    /// `HEADRACE_LIMITS_MEMORY` for `limits.memory`.
    package var environmentVariable: String {
        "HEADRACE_" + path.uppercased().replacing(".", with: "_")
    }
}

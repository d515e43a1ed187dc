/// Answer to `POST /v1/reload`: what became of the keys that differ.
package struct ReloadReport: Codable, Sendable, Hashable {
    /// In force for streams opened from now on.
    package var changed: [String]
    /// Differ in the file, and stay as they were.
    package var needsRestart: [String]

    enum CodingKeys: String, CodingKey {
        case changed
        case needsRestart = "needs_restart"
    }

    package init(
        changed: [String], needsRestart: [String]
    ) {
        self.changed = changed
        self.needsRestart = needsRestart
    }
}

/// A client's token, which must not be seen in logs, pages or messages: its text goes over the wire and nowhere else.
package struct AccessToken: Codable, Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package var text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { "(a token)" }

    /// What `dump` and failed expectations show.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

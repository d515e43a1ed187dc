/// Text that a client chose, made fit for logs and terminals: short, and without control characters.
enum LogText {
    static func clean(_ text: String, maxCharacters: Int = 512) -> String {
        let scalars = text.unicodeScalars.prefix(maxCharacters)
        return String(String.UnicodeScalarView(scalars.filter { $0.properties.generalCategory != .control }))
    }
}

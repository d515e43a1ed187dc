/// A failure for the person at the terminal: one line that says what, where, and what to do.
struct ToolError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

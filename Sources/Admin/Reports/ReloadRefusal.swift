/// Why a reload changed nothing.
package struct ReloadRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line each: where, what, what to do.
    package var problems: [String]

    package init(problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "\n") }
}

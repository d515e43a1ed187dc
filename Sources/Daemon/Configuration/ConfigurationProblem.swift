/// One thing that is wrong with a configuration. The description is one line: where, what, what to do.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var origin: ConfigurationOrigin
    package var message: String

    package init(_ origin: ConfigurationOrigin, _ message: String) {
        self.origin = origin
        self.message = message
    }

    package var description: String { "\(origin): \(message)" }
}

/// Every problem of a configuration that cannot be used, in the order in which they were found.
package struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

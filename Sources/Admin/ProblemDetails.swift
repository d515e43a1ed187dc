/// An error as RFC 9457 has it: `application/problem+json`.
struct ProblemDetails: Codable, Sendable, Hashable {
    static let contentType = "application/problem+json"

    /// The kind of problem. `about:blank`: no more than the status says.
    var type = "about:blank"
    /// The same for every problem of this status.
    var title: String
    var status: Int
    /// What is the matter this time, and what to do.
    var detail: String
    /// Single findings, where there are several.
    var problems: [String]?
}

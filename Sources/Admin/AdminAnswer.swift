internal import FoundationEssentials

/// One answer of the admin pages, ready to be sent.
package struct AdminAnswer: Sendable, Hashable {
    package var status: Int
    package var contentType: String
    package var body: String
    /// Methods that the path has, when it does not have the one asked for.
    package var allow: String?

    static func text(_ body: String, as contentType: String = "text/plain; charset=utf-8") -> AdminAnswer {
        AdminAnswer(status: 200, contentType: contentType, body: body)
    }

    static func json(_ value: some Encodable, status: Int = 200) -> AdminAnswer {
        AdminAnswer(status: status, contentType: "application/json", body: encode(value))
    }

    /// - Parameter problems: single findings, where there are several.
    static func problem(_ status: Int, _ detail: String, problems: [String]? = nil) -> AdminAnswer {
        let title =
            switch status {
            case 400: "Bad Request"
            case 403: "Forbidden"
            case 404: "Not Found"
            case 405: "Method Not Allowed"
            case 413: "Content Too Large"
            case 422: "Unprocessable Content"
            default: "Service Unavailable"
            }
        let details = ProblemDetails(title: title, status: status, detail: detail, problems: problems)
        return AdminAnswer(status: status, contentType: ProblemDetails.contentType, body: encode(details))
    }

    /// Sorted keys, so that answers can be compared; a newline at the end, for terminals.
    private static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Reports hold text and finite numbers only, which always encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a report does not encode") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}

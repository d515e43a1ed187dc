internal import FoundationEssentials

/// What the admin socket answers: a function of method and path, without any I/O.
package struct AdminPages: Sendable {
    /// One answer, ready to be sent.
    package struct Answer: Sendable, Hashable {
        package var status: Int
        package var contentType: String
        package var body: String
        /// Methods that the path has, when it does not have the one asked for.
        package var allow: String?
    }

    private let control: any ControlPlane
    /// The pages that act (drain, reload) are there.
    private let allowsControl: Bool

    package init(control: any ControlPlane, allowsControl: Bool) {
        self.control = control
        self.allowsControl = allowsControl
    }

    /// - Parameters:
    ///   - method: `GET`, `HEAD` or `POST`; others are answered with 405.
    ///   - path: without the query.
    package func answer(method: String, path: String) async -> Answer {
        switch path {
        case "/": return read(method) { json(Self.index) }
        case "/v1/status": return read(method) { json(control.status()) }
        case "/v1/streams": return read(method) { json(control.streams()) }
        case "/v1/clients": return read(method) { json(control.clients()) }
        case "/v1/datasets": return read(method) { json(control.datasets()) }
        case "/v1/bad-records": return read(method) { json(control.badRecords()) }
        case "/metrics":
            return read(method) {
                Answer(
                    status: 200, contentType: PrometheusText.contentType, body: PrometheusText(control.metrics()).text)
            }
        case "/healthz":
            return read(method) {
                control.isHealthy ? text("ok\n") : problem(503, "an event loop or the decode threads do not move")
            }
        case "/readyz":
            return read(method) {
                control.isReady ? text("ready\n") : problem(503, "the daemon is starting or draining")
            }
        case "/v1/drain":
            return await act(method) {
                control.drain()
                return json(["state": "draining"], status: 202)
            }
        case "/v1/reload":
            return await act(method) {
                do throws(ReloadRefusal) {
                    return json(try await control.reload())
                } catch {
                    return problem(
                        422, "the new configuration is not usable; the old one stays in force", problems: error.problems
                    )
                }
            }
        default:
            return problem(404, "there is no page '\(path.prefix(200))'; '/' lists those there are")
        }
    }

    private static let index = [
        "pages": [
            "/healthz", "/metrics", "/readyz", "/v1/bad-records", "/v1/clients", "/v1/datasets", "/v1/status",
            "/v1/streams",
        ],
        "actions": ["/v1/drain", "/v1/reload"],
    ]

    private func read(_ method: String, _ answer: () -> Answer) -> Answer {
        guard method == "GET" || method == "HEAD" else {
            var refusal = problem(405, "this page is read with GET")
            refusal.allow = "GET, HEAD"
            return refusal
        }
        return answer()
    }

    private func act(_ method: String, _ answer: () async -> Answer) async -> Answer {
        guard allowsControl else { return problem(403, "this listener only reads; use the admin socket") }
        guard method == "POST" else {
            var refusal = problem(405, "this acts, and takes POST")
            refusal.allow = "POST"
            return refusal
        }
        return await answer()
    }

    private func text(_ body: String) -> Answer {
        Answer(status: 200, contentType: "text/plain; charset=utf-8", body: body)
    }

    private func json(_ value: some Encodable, status: Int = 200) -> Answer {
        Answer(status: status, contentType: "application/json", body: Self.encode(value))
    }

    private func problem(_ status: Int, _ detail: String, problems: [String]? = nil) -> Answer {
        let title =
            switch status {
            case 403: "Forbidden"
            case 404: "Not Found"
            case 405: "Method Not Allowed"
            case 422: "Unprocessable Content"
            default: "Service Unavailable"
            }
        let details = ProblemDetails(title: title, status: status, detail: detail, problems: problems)
        return Answer(status: status, contentType: ProblemDetails.contentType, body: Self.encode(details))
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

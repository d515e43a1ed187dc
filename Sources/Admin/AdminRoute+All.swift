internal import FoundationEssentials

extension AdminRoute {
    /// Everything that there is. `protocol/admin.yaml` describes it, and a test holds the two together.
    static let all: [AdminRoute] = [
        get("/") { _ in .json(index) },
        get("/healthz") {
            $0.control.isHealthy
                ? .text("ok\n") : .problem(503, "an event loop or the decode threads do not move")
        },
        get("/readyz") {
            $0.control.isReady ? .text("ready\n") : .problem(503, "the daemon is starting or draining")
        },
        get("/metrics") { .text(PrometheusText($0.control.metrics()).text, as: PrometheusText.contentType) },
        get("/v1/status") { .json($0.control.status()) },
        get("/v1/streams") { .json(["streams": $0.control.streams()]) },
        get("/v1/clients") { .json(["clients": $0.control.clients()]) },
        get("/v1/datasets") { .json(["datasets": $0.control.datasets()]) },
        get("/v1/bad-records") { .json(["bad_records": $0.control.badRecords()]) },
        get("/v1/config") { .json($0.control.configuration()) },
        get("/v1/log-level") { .json(LogLevelReport(level: $0.control.logLevel)) },
        post("/v1/log-level", setLogLevel),
        post("/v1/streams/{id}/stop") { to(.stream, $0, "stopping") { $0.stop(stream: $1) } },
        post("/v1/streams/{id}/pause") { to(.stream, $0, "paused") { $0.pause(stream: $1) } },
        post("/v1/streams/{id}/resume") { to(.stream, $0, "resumed") { $0.resume(stream: $1) } },
        post("/v1/clients/{id}/disconnect") { to(.client, $0, "disconnecting") { $0.disconnect(client: $1) } },
        post("/v1/drain") {
            $0.control.drain()
            return .json(ActionReport(id: nil, state: "draining"), status: 202)
        },
        post("/v1/reload") { call in
            do throws(ReloadRefusal) {
                return .json(try await call.control.reload())
            } catch {
                return .problem(
                    422, "the new configuration is not usable; the old one stays in force", problems: error.problems)
            }
        },
    ]

    private static let index = [
        "pages": all.filter { $0.method == .get && $0.path != "/" }.map(\.path),
        "actions": all.filter { $0.method == .post }.map(\.path),
    ]

    private enum Target: String { case stream, client }

    private static func get(_ path: String, _ answer: @escaping @Sendable (Call) async -> AdminAnswer) -> AdminRoute {
        AdminRoute(method: .get, path: path, answer: answer)
    }

    private static func post(_ path: String, _ answer: @escaping @Sendable (Call) async -> AdminAnswer) -> AdminRoute {
        AdminRoute(method: .post, path: path, answer: answer)
    }

    /// Does something to one stream or client; `act` says whether there is one of that number.
    private static func to(
        _ target: Target, _ call: Call, _ state: String, _ act: (any ControlPlane, UInt64) -> Bool
    ) -> AdminAnswer {
        guard let id = UInt64(call.argument), act(call.control, id) else {
            return .problem(
                404, "there is no \(target.rawValue) '\(call.argument.prefix(64))'; /v1/\(target.rawValue)s lists them")
        }
        return .json(ActionReport(id: id, state: state), status: 202)
    }

    private static func setLogLevel(_ call: Call) -> AdminAnswer {
        guard let asked = try? JSONDecoder().decode(LogLevelReport.self, from: Data(call.body)) else {
            return .problem(400, "the body must be JSON such as {\"level\":\"debug\"}")
        }
        guard call.control.setLogLevel(asked.level) else {
            return .problem(
                422,
                "there is no level '\(asked.level.prefix(64))'; trace, debug, info, notice, warning, error, critical")
        }
        return .json(asked)
    }
}

import Foundation
import Testing

@testable import Admin

@Suite("Admin pages") struct AdminPagesTests {
    static func ask(
        _ method: String, _ path: String, body: String = "", _ access: AdminAccess = .act,
        _ control: FakeControlPlane = FakeControlPlane()
    ) async -> AdminAnswer {
        await AdminPages(control: control).answer(method: method, path: path, body: Array(body.utf8), access: access)
    }

    static func read<T: Decodable>(_ path: String, as type: T.Type) async throws -> T {
        try JSONDecoder().decode(type, from: Data(await ask("GET", path, .read).body.utf8))
    }

    @Test("reports read back as they were written, lists in an object")
    func roundTrip() async throws {
        let control = FakeControlPlane()
        #expect(try await Self.read("/v1/status", as: StatusReport.self) == control.status())
        let streams = try await Self.read("/v1/streams", as: [String: [StreamReport]].self)
        #expect(streams == ["streams": control.streams()])
        let clients = try await Self.read("/v1/clients", as: [String: [ClientReport]].self)
        #expect(clients == ["clients": control.clients()])
        let datasets = try await Self.read("/v1/datasets", as: [String: [DatasetReport]].self)
        #expect(datasets == ["datasets": control.datasets()])
        let records = try await Self.read("/v1/bad-records", as: [String: [BadRecordEntry]].self)
        #expect(records == ["bad_records": control.badRecords()])
        #expect(try await Self.read("/v1/config", as: ConfigurationReport.self) == control.configuration())
        #expect(try await Self.read("/v1/log-level", as: LogLevelReport.self).level == "info")
    }

    @Test(
        "probes follow the daemon's state",
        arguments: [
            ("/healthz", true, false, 200), ("/healthz", false, true, 503), ("/readyz", false, true, 200),
            ("/readyz", true, false, 503),
        ])
    func probes(path: String, isHealthy: Bool, isReady: Bool, status: Int) async {
        let control = FakeControlPlane(isHealthy: isHealthy, isReady: isReady)
        #expect(await Self.ask("GET", path, .read, control).status == status)
    }

    static let named = [
        ("/v1/streams/5/stop", "stop 5"), ("/v1/streams/5/pause", "pause 5"), ("/v1/streams/5/resume", "resume 5"),
        ("/v1/clients/4/disconnect", "disconnect 4"),
    ]

    @Test("actions reach the one that they name, with POST alone", arguments: named)
    func actions(path: String, action: String) async throws {
        let control = FakeControlPlane()
        let refused = await Self.ask("GET", path, .act, control)
        #expect(refused.status == 405 && refused.allow == "POST")
        #expect(control.notes.withLock { $0.actions } == [])
        let answer = await Self.ask("POST", path, .act, control)
        #expect(answer.status == 202)
        let report = try JSONDecoder().decode(ActionReport.self, from: Data(answer.body.utf8))
        #expect(report.id == UInt64(action.split(separator: " ")[1]))
        #expect(control.notes.withLock { $0.actions } == [action])
    }

    @Test("drain and reload act once")
    func daemonActions() async throws {
        let control = FakeControlPlane()
        #expect(await Self.ask("POST", "/v1/drain", .act, control).status == 202)
        let reloaded = await Self.ask("POST", "/v1/reload", .act, control)
        #expect(reloaded.status == 200)
        #expect(reloaded.body == "{\"changed\":[\"log.level\"],\"needs_restart\":[\"threads\"]}\n")
        let notes = control.notes.withLock { $0 }
        #expect(notes.drains == 1 && notes.reloads == 1)
    }

    @Test("who may only read does not act, and who may nothing sees nothing", arguments: AdminRoute.all.indices)
    func access(index: Int) async {
        let route = AdminRoute.all[index]
        let path = route.path.replacing("{id}", with: "5")
        let control = FakeControlPlane()
        let reader = await Self.ask(route.method.rawValue, path, .read, control)
        #expect(reader.status == (route.method == .get ? 200 : 403))
        #expect(await Self.ask(route.method.rawValue, path, .none, control).status == 403)
        #expect(await Self.ask("GET", "/nothing", .none, control).status == 403)
        let notes = control.notes.withLock { $0 }
        #expect(notes.actions.isEmpty && notes.drains + notes.reloads == 0)
    }

    @Test(
        "the log's level is set by name",
        arguments: [
            (#"{"level":"debug"}"#, 200), (#"{"level":"loud"}"#, 422), ("debug", 400), ("", 400),
            (#"{"level":1}"#, 400),
        ])
    func logLevel(body: String, status: Int) async {
        let control = FakeControlPlane()
        #expect(await Self.ask("POST", "/v1/log-level", body: body, .act, control).status == status)
        #expect(control.notes.withLock { $0.actions } == (status == 200 ? ["level debug"] : []))
    }

    @Test("a refused reload lists every problem")
    func refusedReload() async throws {
        let control = FakeControlPlane(refusal: ReloadRefusal(problems: ["h.yaml:1: a", "h.yaml:2: b"]))
        let answer = await Self.ask("POST", "/v1/reload", .act, control)
        #expect(answer.status == 422)
        let details = try JSONDecoder().decode(ProblemDetails.self, from: Data(answer.body.utf8))
        #expect(details.problems == ["h.yaml:1: a", "h.yaml:2: b"])
    }

    @Test(
        "what is not there is a problem that says so",
        arguments: [
            ("GET", "/nothing", 404), ("GET", "/v1/status/", 404), ("POST", "/v1/status", 405),
            ("DELETE", "/metrics", 405), ("GET", "", 404), ("POST", "/v1/streams/6/stop", 404),
            ("POST", "/v1/streams/x/stop", 404), ("POST", "/v1/streams//stop", 404),
            ("POST", "/v1/streams/5/5/stop", 404), ("POST", "/v1/streams/-5/stop", 404),
            ("POST", "/v1/streams/stop", 404), ("POST", "/v1/streams/99999999999999999999/stop", 404),
            ("PUT", "/v1/log-level", 405),
        ])
    func problems(method: String, path: String, status: Int) async throws {
        let answer = await Self.ask(method, path)
        #expect(answer.status == status)
        #expect(answer.contentType == "application/problem+json")
        let details = try JSONDecoder().decode(ProblemDetails.self, from: Data(answer.body.utf8))
        #expect(details.status == status)
        #expect(details.type == "about:blank")
    }
}

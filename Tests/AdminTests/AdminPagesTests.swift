import Foundation
import Testing

@testable import Admin

@Suite("Admin pages") struct AdminPagesTests {
    static func object(_ answer: AdminPages.Answer) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
    }

    /// Names that the command line and users' scripts rely on.
    @Test(
        "every page keeps its names",
        arguments: [
            (
                "/v1/status",
                "active_threads,batches_sent,bad_records,connections,datasets,listeners,memory_bytes,memory_limit_bytes,process_id,"
                    + "samples_sent,sent_bytes,started_at_seconds,state,storage_wait_share,streams,threads,uptime_seconds,version"
            ),
            (
                "/v1/streams",
                "augment_seconds,bad_records,batch_size,batches,cache_bytes,cache_hits,cache_misses,client_id,cpu_seconds,credits,dataset,decode_seconds,"
                    + "epoch,id,idle_seconds,iterator,manifest,memory_bytes,num_parts,opened_seconds,part_index,part_records,"
                    + "prefetch_reason,queue_capacity,queue_depth,read_seconds,records,samples,spec,starved_seconds,state,step,steps,"
                    + "waited_seconds,waiting_for,warnings"
            ),
            (
                "/v1/clients",
                "connected_at_seconds,connected_seconds,id,peer,process_id,received_frames,sent_bytes,sent_frames,"
                    + "software,state,stream_id,user_id"
            ),
            ("/v1/datasets", "iterator,locked,name,open_streams,parameters"),
            ("/v1/bad-records", "at_seconds,client_id,dataset,epoch,file,message,offset,reason,record,step,stream_id"),
        ])
    func names(path: String, expected: String) async throws {
        let answer = await AdminPages(control: FakeControlPlane(), allowsControl: false).answer(
            method: "GET", path: path)
        #expect(answer.status == 200)
        #expect(answer.contentType == "application/json")
        let value = try Self.object(answer)
        let object = try #require(value as? [String: Any] ?? (value as? [[String: Any]])?.first)
        #expect(object.keys.sorted() == expected.split(separator: ",").map(String.init).sorted())
    }

    @Test("reports read back as they were written")
    func roundTrip() async throws {
        let control = FakeControlPlane()
        let pages = AdminPages(control: control, allowsControl: false)
        func read<T: Decodable>(_ path: String, as type: T.Type) async throws -> T {
            try JSONDecoder().decode(type, from: Data(await pages.answer(method: "GET", path: path).body.utf8))
        }
        let status = try await read("/v1/status", as: StatusReport.self)
        #expect(status == control.status())
        #expect(try await read("/v1/streams", as: [StreamReport].self) == control.streams())
        #expect(try await read("/v1/clients", as: [ClientReport].self) == control.clients())
        #expect(try await read("/v1/datasets", as: [DatasetReport].self) == control.datasets())
        #expect(try await read("/v1/bad-records", as: [BadRecordEntry].self) == control.badRecords())
    }

    @Test(
        "probes follow the daemon's state",
        arguments: [
            ("/healthz", true, false, 200), ("/healthz", false, true, 503), ("/readyz", false, true, 200),
            ("/readyz", true, false, 503),
        ])
    func probes(path: String, isHealthy: Bool, isReady: Bool, status: Int) async {
        let control = FakeControlPlane(isHealthy: isHealthy, isReady: isReady)
        let answer = await AdminPages(control: control, allowsControl: false).answer(method: "GET", path: path)
        #expect(answer.status == status)
    }

    @Test("drain and reload act once, with POST alone")
    func actions() async throws {
        let control = FakeControlPlane()
        let pages = AdminPages(control: control, allowsControl: true)
        for path in ["/v1/drain", "/v1/reload"] {
            let refused = await pages.answer(method: "GET", path: path)
            #expect(refused.status == 405)
            #expect(refused.allow == "POST")
        }
        #expect(control.notes.withLock { $0.drains + $0.reloads } == 0)
        let drained = await pages.answer(method: "POST", path: "/v1/drain")
        #expect(drained.status == 202)
        let reloaded = await pages.answer(method: "POST", path: "/v1/reload")
        #expect(reloaded.status == 200)
        #expect(reloaded.body == "{\"changed\":[\"log.level\"],\"needs_restart\":[\"threads\"]}\n")
        let notes = control.notes.withLock { $0 }
        #expect(notes.drains == 1 && notes.reloads == 1)
    }

    @Test("a listener that only reads does not act", arguments: ["/v1/drain", "/v1/reload"])
    func readOnly(path: String) async {
        let control = FakeControlPlane()
        let answer = await AdminPages(control: control, allowsControl: false).answer(method: "POST", path: path)
        #expect(answer.status == 403)
        #expect(control.notes.withLock { $0.drains + $0.reloads } == 0)
    }

    @Test("a refused reload lists every problem")
    func refusedReload() async throws {
        let control = FakeControlPlane(refusal: ReloadRefusal(problems: ["h.yaml:1: a", "h.yaml:2: b"]))
        let answer = await AdminPages(control: control, allowsControl: true).answer(method: "POST", path: "/v1/reload")
        #expect(answer.status == 422)
        let details = try JSONDecoder().decode(ProblemDetails.self, from: Data(answer.body.utf8))
        #expect(details.problems == ["h.yaml:1: a", "h.yaml:2: b"])
    }

    @Test(
        "what is not there is a problem that says so",
        arguments: [
            ("GET", "/nothing", 404), ("GET", "/v1/status/", 404), ("POST", "/v1/status", 405),
            ("DELETE", "/metrics", 405),
            ("GET", "", 404),
        ])
    func problems(method: String, path: String, status: Int) async throws {
        let answer = await AdminPages(control: FakeControlPlane(), allowsControl: true).answer(
            method: method, path: path)
        #expect(answer.status == status)
        #expect(answer.contentType == "application/problem+json")
        let details = try JSONDecoder().decode(ProblemDetails.self, from: Data(answer.body.utf8))
        #expect(details.status == status)
        #expect(details.type == "about:blank")
    }
}

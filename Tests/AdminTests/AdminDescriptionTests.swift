import Foundation
import Testing
import Yams

@testable import Admin

/// `protocol/admin.yaml` and the server say the same.
@Suite("Admin description") struct AdminDescriptionTests {
    typealias Object = [String: Any]

    /// The checkout, three levels above this file.
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("protocol/admin.yaml")

    static func description() throws -> Object {
        try #require(try Yams.load(yaml: String(contentsOf: file, encoding: .utf8)) as? Object)
    }

    /// The member at the end of `path`.
    static func member(_ object: Object, _ path: String...) throws -> Object {
        try path.reduce(object) { object, name in try #require(object[name] as? Object, "no \(name) in \(path)") }
    }

    static func schema(_ reference: Any?, _ all: Object) throws -> Object {
        let name = try #require((reference as? Object)?["$ref"] as? String).split(separator: "/").last
        return try member(all, "components", "schemas", String(try #require(name)))
    }

    @Test("both have the same paths and methods")
    func paths() throws {
        var described: Set<String> = []
        for (path, item) in try Self.member(try Self.description(), "paths") {
            for method in try #require(item as? Object).keys { described.insert("\(method.uppercased()) \(path)") }
        }
        #expect(described == Set(AdminRoute.all.map { "\($0.method.rawValue) \($0.path)" }))
    }

    @Test("answers have the fields that are described, and no others", arguments: AdminRoute.all.indices)
    func fields(index: Int) async throws {
        let route = AdminRoute.all[index]
        let all = try Self.description()
        let operation = try Self.member(all, "paths", route.path, route.method.rawValue.lowercased())
        let id = route.path.contains("client") ? "4" : "5"
        let answer = await AdminPagesTests.ask(
            route.method.rawValue, route.path.replacing("{id}", with: id), body: #"{"level":"debug"}"#)
        let content = try Self.member(operation, "responses", "\(answer.status)", "content")
        #expect(content.keys.allSatisfy { answer.contentType.hasPrefix($0) })
        guard answer.contentType == "application/json" else { return }
        let schema = try Self.schema((content["application/json"] as? Object)?["schema"], all)
        // The fake leaves nothing out, but for actions on the daemon as a whole.
        try Self.check(
            try JSONSerialization.jsonObject(with: Data(answer.body.utf8)), schema, all, isWhole: route.method == .get)
    }

    static func check(_ value: Any, _ schema: Object, _ all: Object, isWhole: Bool) throws {
        let object = try #require(value as? Object)
        let properties = try #require(schema["properties"] as? Object)
        let required = try #require(schema["required"] as? [String])
        #expect(Set(required).isSubset(of: object.keys))
        if isWhole {
            #expect(Set(object.keys) == Set(properties.keys))
        } else {
            #expect(Set(object.keys).isSubset(of: properties.keys))
        }
        for (name, member) in object {
            let property = try #require(properties[name] as? Object)
            switch property["type"] as? String {
            case "string": #expect(member is String, "\(name)")
            case "boolean": #expect(member as? Bool != nil, "\(name)")
            case "integer": #expect((member as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } == true)
            case "number": #expect(member is NSNumber, "\(name)")
            case "object": #expect(member is Object, "\(name)")
            case "array":
                for item in try #require(member as? [Any]) {
                    if (property["items"] as? Object)?["$ref"] == nil {
                        #expect(item is String, "\(name)")
                    } else {
                        try check(item, try self.schema(property["items"], all), all, isWhole: isWhole)
                    }
                }
            default: Issue.record("\(name) has no type")
            }
        }
    }

    @Test("what may be left out is optional in the reports, and nothing else is")
    func optionals() async throws {
        let all = try Self.description()
        let bare = StatusReport(
            version: "", state: .ready, processID: 0, startedAtSeconds: 0, uptimeSeconds: 0, listeners: [],
            configFile: nil, threads: 0, activeThreads: 0, storageWaitShare: 0, connections: 0, streams: 0, datasets: 0,
            memoryBytes: 0, memoryLimitBytes: 0, cpuSeconds: 0, batchesSent: 0, samplesSent: 0, sentBytes: 0,
            badRecords: 0)
        let client = ClientReport(
            id: 1, peer: "", processID: nil, userID: nil, software: "", state: "", streamID: nil, connectedAtSeconds: 0,
            connectedSeconds: 0, receivedFrames: 0, sentFrames: 0, sentBytes: 0)
        let dataset = DatasetReport(
            name: "", iterator: "", parameters: [:], locked: [], openStreams: 0, manifest: nil, records: nil,
            batches: 0,
            samples: 0, badRecords: 0)
        for (name, report) in [("Status", bare), ("Client", client), ("Dataset", dataset)] as [(String, any Encodable)]
        {
            let object = try #require(
                try JSONSerialization.jsonObject(with: try JSONEncoder().encode(report)) as? Object)
            let schema = try Self.member(all, "components", "schemas", name)
            #expect(Set(object.keys) == Set(try #require(schema["required"] as? [String])), "\(name)")
        }
    }
}

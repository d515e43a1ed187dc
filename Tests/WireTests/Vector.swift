import DataTypes
import Foundation
import NIOCore
import Testing
import Wire

/// One entry of a file in `protocol/vectors`; its README tells what each member means.
struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    struct Failure: Decodable, Sendable {
        var code: String
        var scope: String
        var reason: String
    }

    struct Decoded: Decodable, Sendable {
        var type: String
        var flags: UInt8
        var length: Int
        var stream: UInt32
        var sequence: UInt32
        var checksum: UInt32
    }

    var name: String
    var sender: String
    var hex: String
    var canonical: Bool?
    var expectedSequence: UInt32?
    var maxFrame: Int?
    var decoded: Decoded?
    var error: Failure?

    enum CodingKeys: String, CodingKey {
        case name, sender, hex, canonical, decoded, error
        case expectedSequence = "expected_sequence"
        case maxFrame = "max_frame"
    }

    var testDescription: String { name }
    var bytes: ByteBuffer { ByteBuffer(bytes: Self.unhex(hex)) }
    var from: ControlMessage.Sender { sender == "client" ? .client : .server }

    func decoder() -> FrameDecoder {
        FrameDecoder(maxBatchBytes: maxFrame ?? .max, firstSequence: expectedSequence ?? 0)
    }

    /// The entries of one file, in order.
    static func load(_ file: String) -> [Vector] {
        do {
            let vectors = try JSONDecoder().decode([Vector].self, from: data(file))
            precondition(!vectors.isEmpty, "\(file) is empty")
            return vectors
        } catch {
            preconditionFailure("\(file): \(error)")
        }
    }

    /// The `message` of every entry, as JSON objects, which Codable cannot give without naming a type.
    static func messages(_ file: String) throws -> [String: [String: Any]] {
        let entries = try #require(try JSONSerialization.jsonObject(with: data(file)) as? [[String: Any]])
        return try Dictionary(
            uniqueKeysWithValues: entries.map { entry in
                let decoded = try #require(entry["decoded"] as? [String: Any])
                return (try #require(entry["name"] as? String), try #require(decoded["message"] as? [String: Any]))
            })
    }

    private static func data(_ file: String) throws -> Data {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try Data(contentsOf: root.appendingPathComponent("protocol/vectors/\(file).json"))
    }

    static func unhex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8).map { UInt8($0 > 57 ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

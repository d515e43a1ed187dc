import Foundation

/// A frame as the tests see it, written and read from the specification alone, not with the server's own code.
struct RawFrame {
    enum Kind {
        static let hello: UInt8 = 1, open: UInt8 = 2, opened: UInt8 = 3, credit: UInt8 = 4, batch: UInt8 = 5
        static let epochEnd: UInt8 = 7, reset: UInt8 = 8, seek: UInt8 = 9, position: UInt8 = 10, state: UInt8 = 11
        static let notice: UInt8 = 12, error: UInt8 = 13, ping: UInt8 = 14, pong: UInt8 = 15, goAway: UInt8 = 16
        static let close: UInt8 = 17
    }

    static let headerBytes = 32
    var type: UInt8
    var flags: UInt8 = 0
    var length: UInt64
    var stream: UInt32
    var sequence: UInt32
    var checksum: UInt32 = 0
    var payload: [UInt8] = []

    init(_ type: UInt8, stream: UInt32, sequence: UInt32, payload: [UInt8]) {
        self.type = type
        self.stream = stream
        self.sequence = sequence
        self.payload = payload
        length = UInt64(payload.count)
    }

    /// Reads a header; nil when magic or checksum are wrong.
    init?(header bytes: [UInt8]) {
        guard bytes.count == Self.headerBytes, Array(bytes[0..<4]) == Array("HDRC".utf8),
            Self.integer(bytes[28..<32]) == UInt64(Self.crc32(Array(bytes[0..<28])))
        else { return nil }
        type = bytes[4]
        flags = bytes[5]
        length = Self.integer(bytes[8..<16])
        stream = UInt32(Self.integer(bytes[16..<20]))
        sequence = UInt32(Self.integer(bytes[20..<24]))
        checksum = UInt32(Self.integer(bytes[24..<28]))
    }

    var bytes: [UInt8] {
        var header = Array("HDRC".utf8) + [type, flags, 0, 0]
        header += Self.bytes(length, 8) + Self.bytes(UInt64(stream), 4) + Self.bytes(UInt64(sequence), 4)
        header += Self.bytes(UInt64(checksum), 4)
        return header + Self.bytes(UInt64(Self.crc32(header)), 4) + payload
    }

    /// The payload as a JSON object; empty when it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(payload))) as? [String: Any] ?? [:]
    }
    var code: String? { json["code"] as? String }
    var scope: String? { json["scope"] as? String }

    /// The JSON table at the front of a BATCH payload.
    var table: [String: Any] {
        guard payload.count >= 8 else { return [:] }
        let count = Int(Self.integer(payload[0..<8]))
        guard count <= payload.count - 8 else { return [:] }
        return (try? JSONSerialization.jsonObject(with: Data(payload[8..<(8 + count)]))) as? [String: Any] ?? [:]
    }
    var metadata: [String: String] { table["__metadata__"] as? [String: String] ?? [:] }

    /// The bytes of one tensor of a BATCH.
    func tensor(_ name: String) -> [UInt8] {
        guard let entry = table[name] as? [String: Any], let range = entry["data_offsets"] as? [Int] else { return [] }
        let start = 8 + Int(Self.integer(payload[0..<8]))
        guard start + range[1] <= payload.count else { return [] }
        return Array(payload[(start + range[0])..<(start + range[1])])
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

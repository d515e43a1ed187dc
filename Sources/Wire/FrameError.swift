/// Bytes that are not a frame of this protocol. All of them end the connection with `bad_frame`.
package enum FrameError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first bytes are an HTTP request's.
    case http
    case badMagic(found: UInt32)
    case badHeaderChecksum(stated: UInt32, computed: UInt32)
    case reservedNotZero(UInt16)
    case unknownType(UInt8)
    /// The stream number does not go with the type.
    case badStream(FrameType, UInt32)
    case tooLong(typeCode: UInt8, lengthBytes: UInt64, limitBytes: UInt64)
    case badSequence(expected: UInt32, found: UInt32)
    case badPayloadChecksum(FrameType, stated: UInt32, computed: UInt32)
    /// The connection ended inside a frame.
    case truncated(missingBytes: UInt64)

    /// The name that `protocol/vectors` uses.
    package var name: String {
        switch self {
        case .http: "http"
        case .badMagic: "bad_magic"
        case .badHeaderChecksum: "bad_header_checksum"
        case .reservedNotZero: "reserved_not_zero"
        case .unknownType: "unknown_type"
        case .badStream: "bad_stream"
        case .tooLong: "too_long"
        case .badSequence: "bad_sequence"
        case .badPayloadChecksum: "bad_payload_checksum"
        case .truncated: "truncated"
        }
    }

    package var description: String {
        switch self {
        case .http: "the peer speaks HTTP; this is not an HTTP socket"
        case .badMagic(let found):
            "the frame starts with \(Self.hex(found.byteSwapped)) instead of 48445243 (HDRC); is this a Headrace peer?"
        case .badHeaderChecksum(let stated, let computed):
            "the header's checksum is \(Self.hex(stated)), its bytes give \(Self.hex(computed))"
        case .reservedNotZero(let found): "the reserved field is \(found) instead of 0"
        case .unknownType(let code): "there is no message type \(code)"
        case .badStream(let type, let stream): "\(type.name) names stream \(stream)"
        case .tooLong(let code, let length, let limit):
            "\(FrameType(rawValue: code)?.name ?? "type \(code)") claims \(length) bytes; the limit is \(limit)"
        case .badSequence(let expected, let found): "frame number \(found) came where \(expected) was due"
        case .badPayloadChecksum(let type, let stated, let computed):
            "the checksum of \(type.name) is \(Self.hex(stated)), its payload gives \(Self.hex(computed))"
        case .truncated(let missing): "the connection ended \(missing) bytes before the frame did"
        }
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

internal import FoundationEssentials
package import NIOCore

/// JSON payloads to and from values. The only place that knows which JSON implementation is used.
package enum JSONPayload {
    /// The value's JSON: UTF-8, members sorted by name, so that the same message is the same bytes.
    package static func encode(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return ByteBuffer(bytes: try encoder.encode(value))
        } catch {
            // Every message is made of text, numbers, lists and dictionaries keyed by text: nothing there can fail.
            preconditionFailure("a message could not be encoded: \(error)")
        }
    }

    /// - Parameter buffer: at most a control payload's limit, which the frame decoder has seen to.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from buffer: ByteBuffer
    ) throws(MessageError) -> Value {
        // The parser reads only the text that is asked for; bytes that are no text must not pass for that.
        guard String(validating: buffer.readableBytesView, as: UTF8.self) != nil else {
            throw .notJSON(reason: "it is not UTF-8")
        }
        try checkNesting(buffer.readableBytesSpan)
        do {
            return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            let isJSON = (try? JSONDecoder().decode(Anything.self, from: Data(buffer.readableBytesView))) != nil
            throw describe(error, isJSON: isJSON)
        } catch {
            throw .notJSON(reason: "\(error)")
        }
    }

    /// Checked before parsing, so that the parser's recursion is bounded whatever it does itself.
    private static func checkNesting(_ bytes: RawSpan) throws(MessageError) {
        var depth = 0
        var isInText = false
        var isEscaped = false
        for position in bytes.byteOffsets {
            // The offset is one of the span's own, and every bit pattern is a UInt8.
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= WireLimits.jsonNesting else { throw .tooDeep(limit: WireLimits.jsonNesting) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
    }

    /// Any JSON value, with nothing asked of it.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// - Parameter isJSON: whether the text is JSON at all. The decoder reports a number that does not fit its type as
    ///   damaged text, without saying where.
    private static func describe(_ error: DecodingError, isJSON: Bool) -> MessageError {
        switch error {
        case .keyNotFound(let key, let context):
            .missingMember(path(context.codingPath + [key]))
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            .illTypedMember(path(context.codingPath), reason: context.debugDescription)
        case .dataCorrupted(let context):
            isJSON
                ? .illTypedMember(path(context.codingPath), reason: context.debugDescription)
                : .notJSON(reason: context.debugDescription)
        @unknown default:
            .notJSON(reason: "\(error)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}

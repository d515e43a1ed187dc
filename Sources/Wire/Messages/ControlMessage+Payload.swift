package import NIOCore

extension ControlMessage {
    /// Who sent a frame. It decides what STATE holds, and which types may come at all.
    package enum Sender: Sendable { case client, server }

    /// The message in `frame`.
    ///
    /// - Returns: nil when this sender never sends that type, or the type is not a control message.
    package init?(decoding frame: borrowing Frame, sender: Sender) throws(MessageError) {
        let payload = frame.payload
        switch (frame.header.type, sender) {
        case (.hello, _): self = .hello(try JSONPayload.decode(HelloMessage.self, from: payload))
        case (.error, _): self = .error(try JSONPayload.decode(ErrorMessage.self, from: payload))
        case (.ping, _): self = .ping(Array(payload.readableBytesView))
        case (.pong, _): self = .pong(Array(payload.readableBytesView))
        case (.close, _):
            try Self.checkEmpty(payload)
            self = .close
        case (.open, .client): self = .open(try JSONPayload.decode(OpenMessage.self, from: payload))
        case (.credit, .client): self = .credit(try JSONPayload.decode(CreditMessage.self, from: payload))
        case (.seek, .client): self = .seek(try JSONPayload.decode(SeekMessage.self, from: payload))
        case (.reset, .client):
            try Self.checkEmpty(payload)
            self = .reset
        case (.state, .client):
            try Self.checkEmpty(payload)
            self = .stateRequest
        case (.attach, .client): self = .attach(try JSONPayload.decode(AttachMessage.self, from: payload))
        case (.attached, .server): self = .attached(try JSONPayload.decode(AttachedMessage.self, from: payload))
        case (.state, .server): self = .state(try JSONPayload.decode(StateMessage.self, from: payload))
        case (.opened, .server): self = .opened(try JSONPayload.decode(OpenedMessage.self, from: payload))
        case (.epochEnd, .server): self = .epochEnd(try JSONPayload.decode(EpochEndMessage.self, from: payload))
        case (.position, .server): self = .position(try JSONPayload.decode(PositionMessage.self, from: payload))
        case (.notice, .server): self = .notice(try JSONPayload.decode(NoticeMessage.self, from: payload))
        case (.goAway, .server): self = .goAway(try JSONPayload.decode(GoAwayMessage.self, from: payload))
        case (.slot, .server): self = .slot(try JSONPayload.decode(SlotMessage.self, from: payload))
        case (.release, .client): self = .release(try JSONPayload.decode(ReleaseMessage.self, from: payload))
        case (.batch, _), (.release, .server), (.slot, .client), (.data, _), (.attach, .server), (.attached, .client),
            (.open, .server),
            (.credit, .server), (.seek, .server), (.reset, .server),
            (.opened, .client), (.epochEnd, .client), (.position, .client), (.notice, .client), (.goAway, .client):
            return nil
        }
    }

    /// The frame's payload.
    package func payload() -> ByteBuffer {
        switch self {
        case .hello(let message): JSONPayload.encode(message)
        case .open(let message): JSONPayload.encode(message)
        case .opened(let message): JSONPayload.encode(message)
        case .credit(let message): JSONPayload.encode(message)
        case .epochEnd(let message): JSONPayload.encode(message)
        case .seek(let message): JSONPayload.encode(message)
        case .position(let message): JSONPayload.encode(message)
        case .state(let message): JSONPayload.encode(message)
        case .notice(let message): JSONPayload.encode(message)
        case .error(let message): JSONPayload.encode(message)
        case .goAway(let message): JSONPayload.encode(message)
        case .attach(let message): JSONPayload.encode(message)
        case .attached(let message): JSONPayload.encode(message)
        case .slot(let message): JSONPayload.encode(message)
        case .release(let message): JSONPayload.encode(message)
        case .ping(let bytes), .pong(let bytes): ByteBuffer(bytes: bytes)
        case .reset, .stateRequest, .close: ByteBuffer(string: "{}")
        }
    }

    /// RESET, CLOSE and the question STATE hold an object whose members, if any, are not for this version.
    private static func checkEmpty(_ payload: ByteBuffer) throws(MessageError) {
        struct Ignored: Decodable {
            init(from decoder: any Decoder) {}
        }
        _ = try JSONPayload.decode([String: Ignored].self, from: payload)
    }
}

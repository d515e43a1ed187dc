/// What a frame carries: byte 4 of its header.
package enum FrameType: UInt8, Sendable, CaseIterable {
    case hello = 0x01
    case open = 0x02
    case opened = 0x03
    case credit = 0x04
    case batch = 0x05
    case release = 0x06
    case epochEnd = 0x07
    case reset = 0x08
    case seek = 0x09
    case position = 0x0A
    case state = 0x0B
    case notice = 0x0C
    case error = 0x0D
    case ping = 0x0E
    case pong = 0x0F
    case goAway = 0x10
    case close = 0x11
    case attach = 0x12
    case data = 0x13
    case attached = 0x14
    case slot = 0x15

    /// The name that `protocol/SPEC.md` uses.
    package var name: String {
        switch self {
        case .hello: "HELLO"
        case .open: "OPEN"
        case .opened: "OPENED"
        case .credit: "CREDIT"
        case .batch: "BATCH"
        case .release: "RELEASE"
        case .epochEnd: "EPOCH_END"
        case .reset: "RESET"
        case .seek: "SEEK"
        case .position: "POSITION"
        case .state: "STATE"
        case .notice: "NOTICE"
        case .error: "ERROR"
        case .ping: "PING"
        case .pong: "PONG"
        case .goAway: "GOAWAY"
        case .close: "CLOSE"
        case .attach: "ATTACH"
        case .data: "DATA"
        case .attached: "ATTACHED"
        case .slot: "SLOT"
        }
    }

    /// Whether the frame may name this stream: 0 is the connection, 1 its stream.
    package func allows(stream: UInt32) -> Bool {
        switch self {
        case .hello, .ping, .pong, .goAway: stream == 0
        case .error: stream <= 1
        default: stream == 1
        }
    }
}

/// Every message but BATCH and DATA, in its decoded form.
package enum ControlMessage: Sendable, Hashable {
    case hello(HelloMessage)
    case open(OpenMessage)
    case opened(OpenedMessage)
    case credit(CreditMessage)
    case epochEnd(EpochEndMessage)
    case reset
    case seek(SeekMessage)
    case position(PositionMessage)
    /// The client's question.
    case stateRequest
    /// The server's answer.
    case state(StateMessage)
    case notice(NoticeMessage)
    case error(ErrorMessage)
    /// At most 64 bytes, any content.
    case ping([UInt8])
    case pong([UInt8])
    case goAway(GoAwayMessage)
    case close
    case attach(AttachMessage)
    case attached(AttachedMessage)
    case slot(SlotMessage)
    case release(ReleaseMessage)

    package var type: FrameType {
        switch self {
        case .hello: .hello
        case .open: .open
        case .opened: .opened
        case .credit: .credit
        case .epochEnd: .epochEnd
        case .reset: .reset
        case .seek: .seek
        case .position: .position
        case .stateRequest, .state: .state
        case .notice: .notice
        case .error: .error
        case .ping: .ping
        case .pong: .pong
        case .goAway: .goAway
        case .close: .close
        case .attach: .attach
        case .attached: .attached
        case .slot: .slot
        case .release: .release
        }
    }

    /// The stream number that the frame names.
    package var stream: UInt32 {
        switch self {
        case .hello, .ping, .pong, .goAway: 0
        // An ERROR that is over the whole connection names it; the others are about the stream or its OPEN.
        case .error(let message): message.scope == .connection ? 0 : 1
        default: 1
        }
    }
}

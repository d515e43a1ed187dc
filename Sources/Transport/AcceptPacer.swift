internal import Glibc
internal import NIOCore

/// Takes connections off a listener's queue no faster than so many a second, and none for a moment when the process has no descriptor to
/// spare. The others wait in the kernel, where they cost nothing: accepting them only to refuse them would take the processor from
/// those who are served. Without a descriptor NIO tries again at once and without end.
final class AcceptPacer: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long to wait for a descriptor.
    static let exhaustionPause = TimeAmount.milliseconds(100)

    private let nanosecondsEach: Int64
    private let burstNanoseconds: Int64
    /// When all that was used up will have come back. Every connection moves it on by its share of a second.
    private var wholeAt = NIODeadline.now()
    private var resumption: Scheduled<Void>?

    init(_ pace: Listener.Pace) {
        nanosecondsEach = 1_000_000_000 / Int64(pace.perSecond)
        burstNanoseconds = nanosecondsEach * Int64(pace.burst)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        wholeAt = max(wholeAt, .now()) + .nanoseconds(nanosecondsEach)
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let allowed = now + .nanoseconds(burstNanoseconds)
        if wholeAt > allowed { pause(until: now + (wholeAt - allowed), context) }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) {
            pause(until: .now() + Self.exhaustionPause, context)
        }
        context.fireErrorCaught(error)
    }

    /// Keeping back a `read` would not do: after a failed accept NIO goes on without one.
    private func pause(until deadline: NIODeadline, _ context: ChannelHandlerContext) {
        guard resumption == nil else { return }
        // It fails only when the channel is closed; so below.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let pacer = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        resumption = context.eventLoop.scheduleTask(deadline: deadline) {
            let (pacer, context) = pacer.value
            pacer.resumption = nil
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        resumption?.cancel()
        resumption = nil
    }
}

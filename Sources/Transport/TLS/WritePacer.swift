package import NIOCore

/// Passes writes on in slices, and few of them at a time.
///
/// TLS behind it encrypts all that it is given at once. Without this a batch would lie in memory a second time, beyond
/// every limit, and its event loop would encrypt for tens of milliseconds while other clients wait.
package final class WritePacer: ChannelOutboundHandler, RemovableChannelHandler {
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private struct Entry {
        var bytes: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    static let sliceBytes = 128 << 10
    static let maxBytesInFlight = 512 << 10

    /// Up to the mark they were flushed.
    private var queue = MarkedCircularBuffer<Entry>(initialCapacity: 8)
    private var bytesInFlight = 0
    private var isPumping = false
    private var mustPumpAgain = false
    /// Bytes that wait here and have not been passed on.
    package private(set) var pendingBytes = 0

    package init() {}

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        pendingBytes += bytes.readableBytes
        queue.append(Entry(bytes: bytes, promise: promise))
    }

    package func flush(context: ChannelHandlerContext) {
        queue.mark()
        pump(context)
        // Also when nothing could go: what is behind has its own reasons to be flushed.
        context.flush()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        while let entry = queue.popFirst() { entry.promise?.fail(ChannelError.ioOnClosedChannel) }
        pendingBytes = 0
    }

    /// Passes on as much as may be under way. A write that is done at once comes back here within `flush`; it is not
    /// followed deeper, or a long queue would be a deep stack.
    private func pump(_ context: ChannelHandlerContext) {
        guard !isPumping else {
            mustPumpAgain = true
            return
        }
        isPumping = true
        repeat {
            mustPumpAgain = false
            var hasWritten = false
            while bytesInFlight < Self.maxBytesInFlight, queue.hasMark, let first = queue.first {
                passOn(first, context)
                hasWritten = true
            }
            if hasWritten { context.flush() }
        } while mustPumpAgain
        isPumping = false
    }

    private func passOn(_ first: Entry, _ context: ChannelHandlerContext) {
        var entry = first
        let count = min(Self.sliceBytes, entry.bytes.readableBytes)
        // So many bytes are there.
        guard let slice = entry.bytes.readSlice(length: count) else { preconditionFailure("a buffer lost its bytes") }
        let isLast = entry.bytes.readableBytes == 0
        if isLast { _ = queue.removeFirst() } else { queue[queue.startIndex] = entry }
        bytesInFlight += count
        pendingBytes -= count
        let pacer = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in
            let (pacer, context) = pacer.value
            pacer.bytesInFlight -= count
            pacer.pump(context)
        }
        if isLast { written.futureResult.cascade(to: entry.promise) }
        context.write(wrapOutboundOut(slice), promise: written)
    }
}

import NIOCore
import NIOEmbedded
import Testing

@testable import Transport

@Suite("Paced writes") struct WritePacerTests {
    /// Holds writes until it is told to take some.
    private final class SlowSocket: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var waiting: [(ByteBuffer, EventLoopPromise<Void>?)] = []
        var taken: [UInt8] = []
        var pendingBytes: Int { waiting.reduce(0) { $0 + $1.0.readableBytes } }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            waiting.append((unwrapOutboundIn(data), promise))
        }

        func takeOne() {
            let (bytes, promise) = waiting.removeFirst()
            taken += bytes.readableBytesView
            promise?.succeed()
        }
    }

    private func channel(_ handlers: any ChannelHandler...) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers(handlers)
        return channel
    }

    private func pattern(_ count: Int, _ start: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: ($0 + start) &* 31 >> 3) })
    }

    @Test("all bytes arrive in order, few at a time, and each write is done when its last byte is")
    func order() throws {
        let socket = SlowSocket()
        let pacer = WritePacer()
        let channel = try channel(socket, pacer)
        let sizes = [0, 1, WritePacer.sliceBytes, 3 * WritePacer.maxBytesInFlight + 17, 5, 0]
        var expected: [UInt8] = []
        var isDone = [Bool](repeating: false, count: sizes.count)
        let done = NIOLoopBoundBox(isDone, eventLoop: channel.eventLoop)
        for (index, size) in sizes.enumerated() {
            let bytes = pattern(size, index)
            expected += bytes.readableBytesView
            channel.writeAndFlush(bytes).whenSuccess { done.value[index] = true }
        }
        while !socket.waiting.isEmpty {
            #expect(socket.pendingBytes <= WritePacer.maxBytesInFlight + WritePacer.sliceBytes)
            #expect(socket.waiting.allSatisfy { $0.0.readableBytes <= WritePacer.sliceBytes })
            #expect(pacer.pendingBytes + socket.pendingBytes + socket.taken.count == expected.count)
            socket.takeOne()
            isDone = done.value
            var end = 0
            for (index, size) in sizes.enumerated() {
                end += size
                // Empty writes are done a moment behind the bytes in front of them.
                if size > 0 { #expect(isDone[index] == (end <= socket.taken.count)) }
            }
        }
        #expect(socket.taken == expected)
        #expect(done.value == [Bool](repeating: true, count: sizes.count))
        #expect(pacer.pendingBytes == 0)
    }

    @Test("what was not flushed waits")
    func flushing() throws {
        let socket = SlowSocket()
        let channel = try channel(socket, WritePacer())
        channel.write(pattern(10, 0), promise: nil)
        #expect(socket.waiting.isEmpty)
        channel.flush()
        #expect(socket.pendingBytes == 10)
    }

    @Test("a write that is done at once leads to the next without a deeper stack")
    func depth() throws {
        let channel = try channel(WritePacer())
        try channel.writeOutbound(ByteBuffer(repeating: 7, count: 4000 * WritePacer.sliceBytes / 16))
        var count = 0
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { count += bytes.readableBytes }
        #expect(count == 4000 * WritePacer.sliceBytes / 16)
    }

    @Test("when the connection ends, whoever waits for a write is told")
    func end() throws {
        let channel = try channel(SlowSocket(), WritePacer())
        let result = NIOLoopBoundBox<Result<Void, any Error>?>(nil, eventLoop: channel.eventLoop)
        channel.writeAndFlush(pattern(2 * WritePacer.maxBytesInFlight, 0)).whenComplete { result.value = $0 }
        #expect(result.value == nil)
        _ = try? channel.finish()
        guard case .failure? = result.value else {
            Issue.record("the write was not answered")
            return
        }
    }
}

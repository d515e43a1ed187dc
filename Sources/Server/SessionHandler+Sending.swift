import DataTypes
import Logging
import NIOCore
import Transport
import Wire

extension SessionHandler {
    func send(_ message: ControlMessage) {
        guard let context else { return }
        note(message)
        write(frames.control(message), context)
        unpublished.sentFrames += 1
    }

    /// Instead of a frame: the answer to a peer that speaks HTTP.
    func sendRaw(_ text: String) {
        guard let context else { return }
        environment.logRefusal(StreamError(.badFrame, "the peer speaks HTTP to the data socket"), peer: identity.peer)
        write(ByteBuffer(string: text), context)
    }

    func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        let count = bytes.readableBytes
        pendingControlBytes += count
        queuedBytes += UInt64(count)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { result in
            let handler = handler.value
            handler.pendingControlBytes -= count
            if case .success = result { handler.unpublished.sentBytes += UInt64(count) }
            handler.resumeReading()
        }
        context.write(wrapOutboundOut(bytes), promise: written)
    }

    /// Writes a batch straight from its slab. The slab is filled anew when the last reference to `batch` goes, and the
    /// write's completion holds one.
    func send(_ batch: DataBatch, token: String) {
        guard let context else { return }
        let begin = monotonicNanoseconds()
        // With checksums the table has been written already, where the checksum was computed.
        if readyChecksum == nil { BatchHeader.write(batch, token: token) }
        if lend(batch) { return environment.sendTimes.recordNanoseconds(monotonicNanoseconds() - begin) }
        let byteCount = batch.layout.payloadBytes
        guard
            let payload = slots?.buffer(for: batch.slab, byteCount: byteCount)
                ?? environment.allocator.buffer(for: batch.slab, byteCount: byteCount)
        else {
            run(machine.fail(StreamError(.internalError, "the stream made its batch in memory of its own")))
            return
        }
        let header = frames.batchHeader(payloadBytes: payload.readableBytes, checksum: readyChecksum)
        readyChecksum = nil
        let count = UInt64(header.readableBytes + payload.readableBytes)
        queuedBytes += count
        unpublished.sentFrames += 1
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { result in
            let handler = handler.value
            if case .success = result {
                handler.environment.sendTimes.recordNanoseconds(monotonicNanoseconds() - begin)
                handler.unpublished.batches += 1
                handler.unpublished.samples += UInt64(batch.layout.batchSize - batch.pad)
                handler.unpublished.sentBytes += count
            }
            handler.run(handler.machine.batchWritten())
        }
        context.write(wrapOutboundOut(header), promise: nil)
        context.write(wrapOutboundOut(payload), promise: written)
    }

    /// Logs and counts what the client is told of.
    private func note(_ message: ControlMessage) {
        guard case .error(let failure) = message else { return }
        let code = StreamError.Code(rawValue: failure.code) ?? .internalError
        environment.registry.count { $0.errors[code, default: 0] += 1 }
        // Whoever may not come in can try as often as they like, so their lines share one limit.
        if machine.client == nil || (code == .forbidden && failure.scope == .connection) {
            environment.logRefusal(StreamError(code, failure.message), peer: identity.peer)
        } else {
            logLine(
                failure.scope == .request ? .info : .notice, failure.message,
                ["code": "\(failure.code)", "scope": "\(failure.scope.rawValue)"])
        }
    }
}

import NIOCore
import Wire

/// Numbers the frames of one session and writes their headers. A batch's checksum comes from outside: it is computed
/// on another thread.
struct OutgoingFrames: ~Copyable {
    private var sequence: UInt32 = 0

    /// One whole control frame.
    mutating func control(_ message: ControlMessage) -> ByteBuffer {
        let payload = message.payload()
        var frame = ByteBuffer()
        frame.reserveCapacity(WireLimits.headerBytes + payload.readableBytes)
        next(
            message.type, lengthBytes: payload.readableBytes, stream: message.stream,
            checksum: Checksum.crc32(payload)
        ).write(into: &frame)
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// The header of a BATCH frame.
    mutating func batchHeader(payloadBytes: Int, checksum: UInt32?) -> ByteBuffer {
        var frame = ByteBuffer()
        next(.batch, lengthBytes: payloadBytes, stream: 1, checksum: checksum).write(into: &frame)
        return frame
    }

    private mutating func next(
        _ type: FrameType, lengthBytes: Int, stream: UInt32, checksum: UInt32?
    ) -> FrameHeader {
        defer { sequence &+= 1 }
        return FrameHeader(
            type: type, lengthBytes: lengthBytes, stream: stream, sequence: sequence, checksum: checksum)
    }
}

package import NIOCore

/// Numbers and writes the frames of one sender.
package struct FrameEncoder: ~Copyable, Sendable {
    private var sequence: UInt32

    /// - Parameter firstSequence: 0 but in tests of the number's wrapping.
    package init(firstSequence: UInt32 = 0) { sequence = firstSequence }

    /// One whole control frame, with a checksum.
    package mutating func encode(_ message: ControlMessage) -> ByteBuffer {
        let payload = message.payload()
        var frame = ByteBuffer()
        frame.reserveCapacity(WireLimits.headerBytes + payload.readableBytes)
        header(
            type: message.type, lengthBytes: payload.readableBytes, stream: message.stream,
            checksum: Checksum.crc32(payload)
        ).write(into: &frame)
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// The header of a BATCH frame, to be written in front of its payload.
    ///
    /// - Parameter withChecksum: computes the payload's checksum, one pass over it.
    package mutating func batchHeader(for payload: ByteBuffer, withChecksum: Bool) -> ByteBuffer {
        var frame = ByteBuffer()
        header(
            type: .batch, lengthBytes: payload.readableBytes, stream: 1,
            checksum: withChecksum ? Checksum.crc32(payload) : nil
        ).write(into: &frame)
        return frame
    }

    /// One whole DATA frame, with a checksum.
    ///
    /// - Parameter elements: 1 byte to the limit of a control payload.
    package mutating func encode(elements: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(WireLimits.headerBytes + elements.readableBytes)
        header(
            type: .data, lengthBytes: elements.readableBytes, stream: 1, checksum: Checksum.crc32(elements)
        ).write(into: &frame)
        frame.writeImmutableBuffer(elements)
        return frame
    }

    private mutating func header(
        type: FrameType, lengthBytes: Int, stream: UInt32, checksum: UInt32?
    ) -> FrameHeader {
        defer { sequence &+= 1 }
        return FrameHeader(
            type: type, lengthBytes: lengthBytes, stream: stream, sequence: sequence, checksum: checksum)
    }
}

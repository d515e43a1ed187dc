package import NIOCore

/// One frame as it came: checked header and payload. The payload is `header.lengthBytes` long.
package struct Frame: Sendable, Hashable {
    package var header: FrameHeader
    package var payload: ByteBuffer

    package init(header: FrameHeader, payload: ByteBuffer) {
        self.header = header
        self.payload = payload
    }
}

package import NIOCore

/// Cuts a byte stream into frames. Every byte is hostile: limits are checked before memory is taken, and after the
/// first fault nothing more is accepted.
///
/// A control payload that lies whole in the input becomes a view of it. One that comes in pieces, and every BATCH, is
/// gathered in a buffer of its own: each byte is copied once at most, and a batch has the allocator's alignment and keeps
/// no input alive.
package struct FrameDecoder: ~Copyable {
    private enum State {
        case header
        case payload(FrameHeader, ByteBuffer)
        case skipping(Int)
        case refused(FrameError)
    }

    private var state = State.header
    private var sequence: UInt32
    private let allocator: ByteBufferAllocator

    /// Largest BATCH payload that is accepted, in bytes. A client sets it to what OPENED states.
    package var maxBatchBytes: Int {
        didSet { maxBatchBytes = Self.clamped(maxBatchBytes) }
    }

    /// - Parameters:
    ///   - allocator: where payloads that come in pieces are gathered.
    ///   - firstSequence: 0 but in tests of the number's wrapping.
    package init(
        maxBatchBytes: Int, allocator: ByteBufferAllocator = ByteBufferAllocator(), firstSequence: UInt32 = 0
    ) {
        sequence = firstSequence
        self.maxBatchBytes = Self.clamped(maxBatchBytes)
        self.allocator = allocator
    }

    /// Bytes that are still missing of the frame under way; 0 between frames. For the message when a connection ends.
    package var missingBytes: UInt64 {
        switch state {
        case .payload(let header, let payload): UInt64(header.lengthBytes - payload.readableBytes)
        case .skipping(let remaining): UInt64(remaining)
        case .header, .refused: 0
        }
    }

    /// Takes the next frame from the front of `input`. Call until it returns nil, then again when more has come.
    ///
    /// - Returns: nil when `input` ends before the frame does; the beginning of a header stays in `input`, the
    ///   beginning of a payload is taken.
    /// - Throws: what is wrong, the same at every later call.
    package mutating func next(_ input: inout ByteBuffer) throws(FrameError) -> Frame? {
        do throws(FrameError) {
            while true {
                switch state {
                case .refused(let error): throw error
                case .skipping(let remaining):
                    let count = min(remaining, input.readableBytes)
                    input.moveReaderIndex(forwardBy: count)
                    guard count == remaining else {
                        state = .skipping(remaining - count)
                        return nil
                    }
                    state = .header
                case .header:
                    guard
                        let read = try ReadHeader(from: &input, maxBatchBytes: maxBatchBytes, sequence: sequence)
                    else { return nil }
                    sequence &+= 1
                    switch read {
                    case .skipped(let length):
                        state = .skipping(length)
                    case .known(let header):
                        if header.type != .batch, let payload = input.readSlice(length: header.lengthBytes) {
                            return try finish(header, payload)
                        }
                        state = .payload(header, allocator.buffer(capacity: header.lengthBytes))
                    }
                case .payload(let header, var payload):
                    // The only reference to the gathered bytes is taken out of the state, or writing would copy them.
                    state = .header
                    let missing = header.lengthBytes - payload.readableBytes
                    if var piece = input.readSlice(length: min(missing, input.readableBytes)) {
                        payload.writeBuffer(&piece)
                    }
                    guard payload.readableBytes == header.lengthBytes else {
                        state = .payload(header, payload)
                        return nil
                    }
                    return try finish(header, payload)
                }
            }
        } catch {
            state = .refused(error)
            throw error
        }
    }

    /// The connection ended behind `rest`.
    ///
    /// - Throws: `.truncated` when that is inside a frame.
    package func end(_ rest: ByteBuffer) throws(FrameError) {
        if case .refused(let error) = state { throw error }
        let missing = missingBytes
        if missing > 0 { throw .truncated(missingBytes: missing) }
        if rest.readableBytes > 0 {
            throw .truncated(missingBytes: UInt64(max(WireLimits.headerBytes - rest.readableBytes, 1)))
        }
    }

    private static func clamped(_ byteCount: Int) -> Int { min(max(byteCount, 0), Int(WireLimits.batchPayloadBytes)) }

    private func finish(_ header: FrameHeader, _ payload: ByteBuffer) throws(FrameError) -> Frame {
        if header.hasChecksum {
            let computed = Checksum.crc32(payload)
            guard computed == header.checksum else {
                throw .badPayloadChecksum(header.type, stated: header.checksum, computed: computed)
            }
        }
        return Frame(header: header, payload: payload)
    }
}

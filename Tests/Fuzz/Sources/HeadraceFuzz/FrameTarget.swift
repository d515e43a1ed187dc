import NIOCore
import Wire

/// One byte of options, one that chooses a way to cut, and a stream of frames.
///
/// The frames come out the same however the stream is cut, nothing that has been decided stays in the input, and a
/// message that was read is read again from what it is written as.
enum FrameTarget {
    private static let maxBatchBytes = 1 << 16

    static func run(_ input: FuzzInput) {
        var input = input
        let options = input.byte()
        let cut = input.byte()
        var stream = input.remainder()
        if options & 1 != 0 { stream = repaired(stream, withChecksums: options & 2 != 0) }

        let whole = decode(stream, pieces: [max(stream.count, 1)])
        for pieces in [[1], [31, 1], [Int(cut) + 1], [7, 1, 64, Int(cut) + 1]] {
            expect(decode(stream, pieces: pieces) == whole, "other frames when cut by \(pieces)")
        }
        for frame in whole.frames {
            for sender in [ControlMessage.Sender.client, .server] { checkMessage(frame, sender) }
            if frame.header.type == .batch { _ = try? BatchHeader(reading: frame.payload) }
        }
    }

    private struct Outcome: Equatable {
        var frames: [Frame] = []
        var error: FrameError?
    }

    private static func decode(_ stream: [UInt8], pieces: [Int]) -> Outcome {
        var decoder = FrameDecoder(maxBatchBytes: maxBatchBytes)
        var rest = ByteBuffer()
        var outcome = Outcome()
        var start = 0
        var turn = 0
        do throws(FrameError) {
            while start < stream.count {
                let end = min(start + pieces[turn % pieces.count], stream.count)
                rest.writeBytes(stream[start..<end])
                start = end
                turn += 1
                while let frame = try decoder.next(&rest) { outcome.frames.append(frame) }
                expect(rest.readableBytes < WireLimits.headerBytes, "\(rest.readableBytes) bytes wait undecided")
                expect(
                    decoder.missingBytes <= UInt64(WireLimits.controlPayloadBytes),
                    "\(decoder.missingBytes) bytes are waited for")
            }
            try decoder.end(rest)
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private static func checkMessage(_ frame: Frame, _ sender: ControlMessage.Sender) {
        guard let message = try? ControlMessage(decoding: frame, sender: sender) else { return }
        let payload = message.payload()
        let header = FrameHeader(
            type: message.type, lengthBytes: payload.readableBytes, stream: message.stream, sequence: 0)
        let again = try? ControlMessage(decoding: Frame(header: header, payload: payload), sender: sender)
        expect(again == message, "\(message) is written as what reads as \(String(describing: again))")
    }

    /// The stream with magic, numbers, lengths that fit, and checksums put right, so that changes reach what is behind them.
    static func repaired(_ stream: [UInt8], withChecksums: Bool) -> [UInt8] {
        var stream = stream
        var start = 0
        var sequence: UInt32 = 0
        func put(_ value: some FixedWidthInteger, at position: Int) {
            withUnsafeBytes(of: value.littleEndian) { stream.replaceSubrange(position..<position + $0.count, with: $0) }
        }
        while stream.count - start >= WireLimits.headerBytes {
            put(FrameHeader.magic, at: start)
            put(UInt16(0), at: start + 6)
            let room = stream.count - start - WireLimits.headerBytes
            let length = min(Int(stream[start + 8]) | Int(stream[start + 9]) << 8, room)
            put(UInt64(length), at: start + 8)
            put(sequence, at: start + 20)
            if withChecksums {
                let payload = stream[start + WireLimits.headerBytes..<start + WireLimits.headerBytes + length]
                stream[start + 5] |= 1
                put(Checksum.crc32(ByteBuffer(bytes: payload)), at: start + 24)
            }
            put(Checksum.crc32(ByteBuffer(bytes: stream[start..<start + 28])), at: start + 28)
            sequence &+= 1
            start += WireLimits.headerBytes + length
        }
        return stream
    }
}

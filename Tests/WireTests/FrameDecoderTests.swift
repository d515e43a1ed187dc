import NIOCore
import Testing
import Wire

@Suite("Frame decoder")
struct FrameDecoderTests {
    /// A dozen frames of every size and what must come out.
    private func session() -> (bytes: ByteBuffer, messages: [ControlMessage]) {
        var encoder = FrameEncoder()
        let messages: [ControlMessage] = [
            .hello(Samples.hello), .ping([]), .ping(Array(0..<64)), .credit(CreditMessage(batches: 2)), .reset,
            .goAway(GoAwayMessage(reason: String(repeating: "long ", count: 5000), deadlineSeconds: 1.5)), .close,
            .pong([1]), .stateRequest,
        ]
        var bytes = ByteBuffer()
        for message in messages { bytes.writeImmutableBuffer(encoder.encode(message)) }
        return (bytes, messages)
    }

    /// Feeds `bytes` in pieces of the given sizes, repeated.
    private func decode(_ bytes: ByteBuffer, pieces: [Int]) throws -> [Frame] {
        var decoder = FrameDecoder(maxBatchBytes: 1 << 20)
        var source = bytes
        var input = ByteBuffer()
        var frames: [Frame] = []
        var turn = 0
        while source.readableBytes > 0 {
            let length = min(pieces[turn % pieces.count], source.readableBytes)
            if var piece = source.readSlice(length: length) { input.writeBuffer(&piece) }
            turn += 1
            while let frame = try decoder.next(&input) { frames.append(frame) }
        }
        try decoder.end(input)
        return frames
    }

    @Test(
        "frames come out the same however the bytes are split",
        arguments: [[1], [31], [32], [33], [7, 1, 64], [1 << 20]])
    func split(pieces: [Int]) throws {
        let (bytes, messages) = session()
        let frames = try decode(bytes, pieces: pieces)
        try #require(frames.count == messages.count)
        for (frame, message) in zip(frames, messages) {
            #expect(frame.header.type == message.type)
            #expect(frame.payload == message.payload())
        }
    }

    @Test("a session cut at any byte is truncated there, or whole")
    func truncation() throws {
        var encoder = FrameEncoder()
        let first = encoder.encode(.credit(CreditMessage(batches: 2)))
        var both = first
        both.writeImmutableBuffer(encoder.encode(.reset))
        for length in 0...both.readableBytes {
            let cut = try #require(both.getSlice(at: 0, length: length))
            if [0, first.readableBytes, both.readableBytes].contains(length) {
                #expect(throws: Never.self) { try decode(cut, pieces: [1 << 20]) }
            } else {
                let error = #expect(throws: FrameError.self) { try decode(cut, pieces: [5]) }
                #expect(error?.name == "truncated")
            }
        }
    }

    @Test("after a fault nothing is accepted any more")
    func poisoned() throws {
        var decoder = FrameDecoder(maxBatchBytes: 0)
        var garbage = ByteBuffer(string: "this is not a frame at all, but long")
        #expect(throws: FrameError.self) { try decoder.next(&garbage) }
        var encoder = FrameEncoder()
        var good = encoder.encode(.ping([]))
        #expect(throws: FrameError.self) { try decoder.next(&good) }
    }

    @Test("a batch gets memory of its own, with the allocator's alignment")
    func batchMemory() throws {
        var encoder = FrameEncoder()
        let payload = ByteBuffer(bytes: Array(repeating: UInt8(7), count: 100))
        var bytes = encoder.batchHeader(for: payload, withChecksum: true)
        bytes.writeImmutableBuffer(payload)
        var decoder = FrameDecoder(maxBatchBytes: 100)
        let frame = try #require(try decoder.next(&bytes))
        #expect(frame.payload == payload)
        #expect(frame.payload.storageCapacity < 200)
    }

    @Test("numbers wrap after the last")
    func wrap() throws {
        var encoder = FrameEncoder(firstSequence: .max)
        var bytes = encoder.encode(.ping([]))
        bytes.writeImmutableBuffer(encoder.encode(.ping([])))
        var decoder = FrameDecoder(maxBatchBytes: 0, firstSequence: .max)
        #expect(try decoder.next(&bytes)?.header.sequence == .max)
        #expect(try decoder.next(&bytes)?.header.sequence == 0)
    }

    @Test(
        "mutated sessions are decoded or refused, never worse, and take no memory beyond the limits", arguments: 0..<20)
    func mutated(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (bytes, messages) = session()
        let original = Array(bytes.readableBytesView)
        var refused = 0
        CountingAllocator.reset()
        for _ in 0..<500 {
            var mutated = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // Most of the bytes are payload; half of the changes go into the first headers.
                let end = Bool.random(using: &random) ? 200 : mutated.count
                mutated[Int.random(in: 0..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var decoder = FrameDecoder(maxBatchBytes: 4096, allocator: CountingAllocator.allocator)
            var input = ByteBuffer()
            var source = ByteBuffer(bytes: mutated)
            var count = 0
            do {
                while source.readableBytes > 0 {
                    let length = min(Int.random(in: 1...9000, using: &random), source.readableBytes)
                    if var piece = source.readSlice(length: length) { input.writeBuffer(&piece) }
                    while let frame = try decoder.next(&input) {
                        count += 1
                        _ = try? ControlMessage(
                            decoding: frame, sender: Bool.random(using: &random) ? .client : .server)
                    }
                }
            } catch {
                refused += 1
            }
            #expect(count <= messages.count)
        }
        // Nearly every change breaks a checksum.
        #expect(refused > 450)
        #expect(CountingAllocator.largest <= 2 * WireLimits.controlPayloadBytes)
    }

    @Test("random headers with a good checksum never ask for more than their limit", arguments: 0..<4)
    func randomHeaders(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        CountingAllocator.reset()
        var accepted = 0
        for _ in 0..<20_000 {
            let type = try #require(FrameType.allCases.randomElement(using: &random))
            // Any exponent, so that small lengths are as frequent as absurd ones.
            let length = Int.random(in: 0...Int.max, using: &random) >> Int.random(in: 0..<63, using: &random)
            var bytes = ByteBuffer()
            FrameHeader(
                type: type, lengthBytes: length, stream: UInt32.random(in: 0...2, using: &random), sequence: 0,
                checksum: Bool.random(using: &random) ? 5 : nil
            ).write(into: &bytes)
            bytes.writeBytes([1, 2, 3])
            var decoder = FrameDecoder(maxBatchBytes: 1 << 16, allocator: CountingAllocator.allocator)
            do {
                _ = try decoder.next(&bytes)
                accepted += 1
                #expect(length <= WireLimits.controlPayloadBytes)
            } catch {}
        }
        #expect(accepted > 100)
        #expect(CountingAllocator.largest <= 2 * WireLimits.controlPayloadBytes)
    }
}

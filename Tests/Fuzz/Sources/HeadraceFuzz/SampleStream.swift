import DataTypes
import NIOCore
import Wire

/// A stream that the session targets pretend to serve: three rows of five bytes and a label.
enum SampleStream {
    static let layout = BatchLayout(
        data: [DataDesc(name: "data", shape: [3, 5], elementType: .uint8, layout: "NC")],
        label: [DataDesc(name: "softmax_label", shape: [3], elementType: .float32, layout: "N")], batchSize: 3)

    static let info = StreamInfo(
        iterator: "ImageRecordIter", provideData: layout.tensors.filter { $0.role == .data }.map(\.desc),
        provideLabel: layout.tensors.filter { $0.role == .label }.map(\.desc), layout: layout, batchSize: 3,
        numParts: 1, partIndex: 0, recordCount: 9, partRecordCount: 9,
        manifestHash: String(repeating: "a", count: 32), specHash: String(repeating: "b", count: 32), prefetch: 2,
        parameters: [:], warnings: [])

    static func steps(_ epoch: Int) -> Int { 3 + epoch % 3 }

    static func batch(_ address: BatchAddress, badRecords: [BadRecord] = []) -> DataBatch {
        DataBatch(
            address: address, partIndex: 0, layout: layout, pad: 0, stepCount: steps(address.epoch),
            badRecords: badRecords, slab: HeapSlabAllocator().allocate(byteCount: layout.payloadBytes),
            giveBack: { _ in })
    }

    static func token(_ address: BatchAddress) -> String {
        ResumeToken(manifestHash: info.manifestHash, specHash: info.specHash, address: address).description
    }

    /// The BATCH payload of the batch at `address`.
    static func payload(_ address: BatchAddress) -> ByteBuffer {
        let batch = batch(address)
        BatchHeader.write(batch, token: token(address))
        return ByteBuffer(bytes: UnsafeRawBufferPointer(batch.slab.bytes))
    }

    /// The frame of `payload`.
    static func frame(_ type: FrameType, _ payload: ByteBuffer, stream: UInt32 = 1) -> Frame {
        Frame(
            header: FrameHeader(type: type, lengthBytes: payload.readableBytes, stream: stream, sequence: 0),
            payload: payload)
    }

    /// The frame that the input describes behind a byte for its type: its length and its payload.
    static func frame(_ code: UInt8, from input: inout FuzzInput) -> Frame {
        let types = FrameType.allCases
        let type = types[Int(code) % types.count]
        var payload = ByteBuffer(bytes: input.take(input.number()))
        // The decoder lets no longer ones pass.
        if type == .ping || type == .pong { payload = payload.getSlice(at: 0, length: min(64, payload.readableBytes))! }
        return frame(type, payload, stream: type.allows(stream: 1) ? 1 : 0)
    }
}

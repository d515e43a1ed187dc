import DataTypes
import NIOCore
import Wire

/// Streams and batches to test with: 3 rows of 5 bytes, a float label.
enum Samples {
    static let manifest = String(repeating: "a", count: 32)
    static let spec = String(repeating: "b", count: 32)

    static let layout = BatchLayout(
        data: [DataDesc(name: "data", shape: [3, 5], elementType: .uint8, layout: "NC")],
        label: [DataDesc(name: "softmax_label", shape: [3], elementType: .float32, layout: "N")], batchSize: 3)

    static func info(
        layout: BatchLayout = layout, parameters: [String: ParameterValue] = [:]
    ) -> StreamInfo {
        StreamInfo(
            iterator: "ImageRecordIter", provideData: layout.tensors.filter { $0.role == .data }.map(\.desc),
            provideLabel: layout.tensors.filter { $0.role == .label }.map(\.desc), layout: layout, batchSize: 3,
            numParts: 1, partIndex: 0, recordCount: 9, partRecordCount: 9, manifestHash: manifest, specHash: spec,
            prefetch: 2, parameters: parameters, warnings: [])
    }

    static func batch(
        epoch: Int = 0, step: Int, steps: Int, layout: BatchLayout = layout, badRecords: [BadRecord] = []
    ) -> DataBatch {
        DataBatch(
            address: BatchAddress(epoch: epoch, step: step), partIndex: 0, layout: layout, pad: 0, stepCount: steps,
            badRecords: badRecords, slab: HeapSlabAllocator().allocate(byteCount: layout.payloadBytes),
            giveBack: { _ in })
    }

    /// The BATCH payload of `batch`, its table written.
    static func payload(_ batch: DataBatch, token: String) -> ByteBuffer {
        BatchHeader.write(batch, token: token)
        // The slab is alive, and the bytes are copied.
        return unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(batch.slab.bytes))
    }

    static func token(epoch: Int, step: Int) -> String {
        ResumeToken(manifestHash: manifest, specHash: spec, address: BatchAddress(epoch: epoch, step: step)).description
    }

    static let hello = HelloMessage.client(
        software: "test", features: ["checksum", "levitation"], processID: 1, maxFrameBytes: 1 << 30)

    /// The frame that `message` travels in.
    static func frame(_ message: ControlMessage) -> Frame {
        let payload = message.payload()
        return Frame(
            header: FrameHeader(
                type: message.type, lengthBytes: payload.readableBytes, stream: message.stream, sequence: 0),
            payload: payload)
    }
}

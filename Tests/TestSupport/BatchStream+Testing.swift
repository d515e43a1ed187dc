package import DataTypes

/// A copy of a batch's contents, so that the batch itself can go.
package struct BatchCopy: Sendable, Hashable {
    package var address: BatchAddress
    package var pad: Int
    package var tensors: [[UInt8]]
    package var badRecords: [BadRecord]

    package init(address: BatchAddress, pad: Int, tensors: [[UInt8]], badRecords: [BadRecord] = []) {
        self.address = address
        self.pad = pad
        self.tensors = tensors
        self.badRecords = badRecords
    }

    package init(_ batch: DataBatch) {
        address = batch.address
        pad = batch.pad
        tensors = batch.layout.tensors.map { tensor in unsafe batch.withTensor(tensor) { unsafe Array($0) } }
        badRecords = batch.badRecords
    }

    /// The index tensor.
    package var index: [UInt64] {
        let bytes = tensors[tensors.count - 1]
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
        }
    }
}

extension BatchStream {
    /// The next event; nil when the stream dropped the question because it was moved or closed.
    package func nextEvent() async throws -> StreamEvent {
        try await withCheckedThrowingContinuation { continuation in
            next { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
    }

    /// Copies of the batches from here to the end of the epoch.
    package func restOfEpoch() async throws -> [BatchCopy] {
        var result: [BatchCopy] = []
        while case .batch(let batch) = try await nextEvent() { result.append(BatchCopy(batch)) }
        return result
    }
}

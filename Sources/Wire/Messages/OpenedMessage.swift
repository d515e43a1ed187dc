package import DataTypes

/// OPENED: the stream is there, and this is what it provides.
package struct OpenedMessage: Codable, Sendable, Hashable {
    package var iterator: String
    package var batchSize: Int
    package var numParts: Int
    package var partIndex: Int
    package var provideData: [TensorMessage]
    package var provideLabel: [TensorMessage]
    /// Samples of the whole data set.
    package var records: Int
    /// Samples of this part.
    package var partRecords: Int
    /// Where the stream stands.
    package var epoch: Int
    package var step: Int
    /// Batches of `epoch`.
    package var steps: Int
    /// Hash of the data: 32 hexadecimal digits.
    package var manifest: String
    /// Hash of everything else that decides the bytes: 32 hexadecimal digits.
    package var spec: String
    /// Payload bytes of every BATCH of this stream.
    package var batchBytes: Int
    /// Batches made ready ahead of the consumer.
    package var prefetch: Int
    /// Slots that the stream's batches may lie in; nil when they come in frames.
    package var slots: Int?
    /// The parameters in force.
    package var parameters: [String: ParameterValue]
    package var warnings: [String]
    /// What is left to do to the data; nil: nothing.
    package var normalise: DeferredNormalisation?

    enum CodingKeys: String, CodingKey {
        case iterator, records, epoch, step, steps, manifest, spec, prefetch, slots, parameters, warnings, normalise
        case batchSize = "batch_size"
        case numParts = "num_parts"
        case partIndex = "part_index"
        case provideData = "provide_data"
        case provideLabel = "provide_label"
        case partRecords = "part_records"
        case batchBytes = "batch_bytes"
    }

    package init(_ info: StreamInfo, position: BatchAddress, stepCount: Int, hasSlots: Bool = false) {
        iterator = info.iterator
        batchSize = info.batchSize
        numParts = info.numParts
        partIndex = info.partIndex
        provideData = info.provideData.map(TensorMessage.init)
        provideLabel = info.provideLabel.map(TensorMessage.init)
        records = info.recordCount
        partRecords = info.partRecordCount
        epoch = position.epoch
        step = position.step
        steps = stepCount
        manifest = info.manifestHash
        spec = info.specHash
        batchBytes = info.layout.payloadBytes
        prefetch = info.prefetch
        slots = hasSlots ? info.slabCount : nil
        parameters = info.parameters
        warnings = info.warnings
        normalise = info.deferred
    }
}

internal import DataTypes
package import NIOCore
package import Wire

/// One batch. Its memory is its own: holding it never holds another, and nothing changes it.
public struct HeadraceBatch: Sendable {
    /// The data tensors, in the order of `provideData`.
    public let data: [HeadraceTensor]
    /// The label tensors, in the order of `provideLabel`.
    public let label: [HeadraceTensor]
    /// The sparse tensors by name. Those among `data` and `label` are only their values.
    public let sparse: [String: HeadraceSparseRows]
    /// The id in each record's header, `UInt64`; `UInt64.max` for a row that holds no record.
    public let index: HeadraceTensor
    /// Rows at the end that are not data of this epoch.
    public let pad: Int
    /// Counts from 0; grows by one at every reset.
    public let epoch: Int
    /// Counts from 0 within the epoch.
    public let step: Int
    /// Batches of this epoch.
    public let stepsPerEpoch: Int
    /// Which part of the data set it belongs to.
    public let partIndex: Int
    /// Resume tokens of the batch after this one, one for each stream that it is made of, in their order. Empty for a batch
    /// that no stream made.
    public let tokens: [String]

    /// - Parameter owner: keeps the memory of `payload` unchanged for as long as it lives.
    package init(_ header: BatchHeader, payload: ByteBuffer, owner: (any AnyObject & Sendable)? = nil) {
        data = header.data.map { HeadraceTensor($0, payload: payload, owner: owner) }
        label = header.label.map { HeadraceTensor($0, payload: payload, owner: owner) }
        index = HeadraceTensor(header.index, payload: payload, owner: owner)
        let lists = header.data + header.label
        sparse = header.sparse.reduce(into: [:]) { result, entry in
            guard let values = lists.first(where: { $0.desc.name == entry.key }) else { return }
            result[entry.key] = HeadraceSparseRows(values, entry.value, payload: payload, owner: owner)
        }
        pad = header.pad
        epoch = header.address.epoch
        step = header.address.step
        stepsPerEpoch = header.stepCount
        partIndex = header.partIndex
        tokens = [header.token]
    }

    /// A batch of an iterator of your own.
    ///
    /// - Parameters:
    ///   - index: an id for each row; by default none of the rows has one.
    ///   - pad: rows at the end that are not data.
    /// - Throws: `.badRequest` when the rows of the tensors and of `index` are not equally many.
    public init(
        data: [HeadraceTensor], label: [HeadraceTensor] = [], index: [UInt64]? = nil, pad: Int = 0, epoch: Int = 0,
        step: Int = 0, stepsPerEpoch: Int = 0
    ) throws {
        let rows = data.first?.description.batchExtent ?? 0
        let index = index ?? Array(repeating: .max, count: rows)
        for tensor in data + label where tensor.description.batchExtent != index.count {
            throw HeadraceError(
                .badRequest,
                "the tensor '\(tensor.description.name)' has \(tensor.description.batchExtent) rows where \(index.count) are due"
            )
        }
        guard (0...rows).contains(pad) else {
            throw HeadraceError(.badRequest, "pad is \(pad), the batch has \(rows) rows")
        }
        self.data = data
        self.label = label
        sparse = [:]
        self.index = try HeadraceTensor("index", index, shape: [index.count], layout: "N")
        self.pad = pad
        self.epoch = epoch
        self.step = step
        self.stepsPerEpoch = stepsPerEpoch
        partIndex = 0
        tokens = []
    }

    /// Tensors of several batches, with the index and the address of one of them.
    init(
        data: [HeadraceTensor], label: [HeadraceTensor], sparse: [String: HeadraceSparseRows], pad: Int,
        of batch: HeadraceBatch, tokens: [String]
    ) {
        self.data = data
        self.label = label
        self.sparse = sparse
        index = batch.index
        self.pad = pad
        epoch = batch.epoch
        step = batch.step
        stepsPerEpoch = batch.stepsPerEpoch
        partIndex = batch.partIndex
        self.tokens = tokens
    }

    /// Resumes the run at the batch after this one. Empty unless exactly one stream made the batch: see `tokens`.
    public var token: String { tokens.count == 1 ? tokens[0] : "" }
}

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
    /// Resumes the run at the batch after this one.
    public let token: String

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
        token = header.token
    }
}

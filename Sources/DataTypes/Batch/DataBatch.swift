/// A finished batch: an immutable view of a slab, which returns to its pool when the last reference goes.
@safe
package final class DataBatch: @unchecked Sendable {
    // Immutable after init but for the slab's header area, which only the one server session that sends it writes.
    package let address: BatchAddress
    package let partIndex: Int
    package let layout: BatchLayout
    /// Rows at the end that are not data of this epoch: filling from its start, zeros, or rows lost to bad records.
    package let pad: Int
    /// Batches of this epoch.
    package let stepCount: Int
    /// The records of this batch that could not be delivered, in slot order: the first ones, when there are many.
    package let badRecords: [BadRecord]
    /// How many there are in all.
    package let badRecordCount: Int
    package let slab: Slab
    private let giveBack: @Sendable (Slab) -> Void

    package init(
        address: BatchAddress, partIndex: Int, layout: BatchLayout, pad: Int, stepCount: Int, badRecords: [BadRecord],
        badRecordCount: Int? = nil, slab: Slab, giveBack: @escaping @Sendable (Slab) -> Void
    ) {
        self.address = address
        self.partIndex = partIndex
        self.layout = layout
        self.pad = pad
        self.stepCount = stepCount
        self.badRecords = badRecords
        self.badRecordCount = badRecordCount ?? badRecords.count
        self.slab = slab
        self.giveBack = giveBack
    }

    deinit { giveBack(slab) }

    /// The bytes of one tensor, valid inside `body`.
    package func withTensor<R>(_ tensor: BatchLayout.Tensor, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
    {
        // The tensor lies inside the slab: its layout made the slab's size.
        let range = tensor.offset..<(tensor.offset + tensor.desc.byteCount)
        return try unsafe body(UnsafeRawBufferPointer(rebasing: slab.bytes[range]))
    }
}

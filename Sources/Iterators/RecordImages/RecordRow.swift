import DataTypes

/// One row of a batch with one data and one label tensor, as the worker that fills it sees it.
///
/// Its bytes are that worker's alone until the batch is done, so no two of these write the same.
struct RecordRow {
    private let slab: Slab
    private let row: Int
    private let layout: BatchLayout

    init(_ row: Int, of slab: Slab, layout: BatchLayout) {
        precondition(row >= 0 && row < layout.batchSize)
        self.slab = slab
        self.row = row
        self.layout = layout
    }

    /// Fills the row of the data tensor.
    func withData<E: Error>(_ body: (inout MutableRawSpan) throws(E) -> Void) throws(E) {
        let tensor = layout.tensors[0]
        let start = tensor.offset + row * tensor.sampleBytes
        // Inside the slab by the layout; nobody else touches the row, and the span ends with the call.
        var sample = unsafe MutableRawSpan(
            _unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + tensor.sampleBytes]))
        try body(&sample)
    }

    /// Writes label `position` of the row.
    func store(label: Float, at position: Int) {
        let tensor = layout.tensors[1]
        precondition(position >= 0 && 4 * position < tensor.sampleBytes)
        // Inside the row's label bytes, which are this worker's alone.
        unsafe slab.bytes.storeBytes(
            of: label.bitPattern.littleEndian, toByteOffset: tensor.offset + row * tensor.sampleBytes + 4 * position,
            as: UInt32.self)
    }

    func store(index: UInt64) {
        // The row's eight index bytes are this worker's alone.
        unsafe slab.bytes.storeBytes(
            of: index.littleEndian, toByteOffset: layout.index.offset + 8 * row, as: UInt64.self)
    }
}

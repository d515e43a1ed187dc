import DataTypes
import RecordIO

/// The way from one array to one tensor of the batch.
///
/// ```
/// array, N rows:   block 0: row 0, row 1, … row N-1   block 1: row 0, …
/// batch, B rows:   block 0: row 0, … row B-1          block 1: row 0, …
/// ```
/// There is one block when the samples are along the first axis. Neighbouring records that go to neighbouring rows are one
/// stretch a block on both sides.
struct ArrayColumn: Sendable {
    let array: StoredArray
    private let tensor: BatchLayout.Tensor
    private let batchSize: Int
    /// Samples of the array.
    private let rowCount: Int
    /// Bytes of a row in one block, as they are stored.
    private let storedBlockBytes: Int
    private let converts: Bool
    /// The axis of the samples.
    private let axis: Int

    /// What one worker keeps for elements that are converted on their way, shared by all streams.
    @safe
    final class Scratch {
        private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)

        deinit { unsafe memory.deallocate() }

        /// Room for `count` bytes, good until the next call.
        fileprivate func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
            if unsafe memory.count < count {
                unsafe memory.deallocate()
                unsafe memory = .allocate(byteCount: count, alignment: 64)
            }
            return unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
        }
    }

    init(array: StoredArray, axis: Int, tensor: BatchLayout.Tensor, batchSize: Int) {
        self.array = array
        self.tensor = tensor
        self.batchSize = batchSize
        self.axis = axis
        rowCount = array.shape.extents[axis]
        storedBlockBytes =
            tensor.blockBytes / tensor.desc.elementType.byteWidth * array.shape.elementType.byteWidth
        converts = tensor.desc.elementType != array.shape.elementType
    }

    /// Bytes that a row takes where it is stored.
    var storedRowBytes: Int { storedBlockBytes * tensor.blockCount }

    /// Where record `ordinal` begins, in bytes from the array's first element, for reports.
    func offset(ordinal: Int) -> UInt64 { UInt64(ordinal * storedBlockBytes) }

    func readAhead(ordinal: Int, count: Int) {
        // A run of many short stretches is more calls than it saves waiting.
        guard tensor.blockCount <= 64 else { return }
        for block in 0..<tensor.blockCount {
            array.readAhead(
                at: (block * rowCount + ordinal) * storedBlockBytes, byteCount: count * storedBlockBytes)
        }
    }

    /// Writes `count` records from `ordinal` on to the rows from `row` on.
    func copy(ordinal: Int, count: Int, row: Int, to slab: Slab, scratch: Scratch) throws(RecordError) {
        precondition(ordinal >= 0 && ordinal + count <= rowCount && row >= 0 && row + count <= batchSize)
        #if HDF5
            if case .dataset(let dataset) = array.store {
                let bytes = unsafe scratch.room(count * storedRowBytes)
                unsafe try dataset.read(axis: axis, ordinal..<ordinal + count, into: bytes)
                if array.isBigEndian { unsafe swapBytes(bytes, width: array.shape.elementType.byteWidth) }
                for block in 0..<tensor.blockCount {
                    let target = unsafe place(row: row, count: count, block: block, in: slab)
                    let start = block * count * storedBlockBytes
                    // A block of all rows behind the other, as C order has them.
                    let stored = unsafe UnsafeRawBufferPointer(
                        rebasing: bytes[start..<start + count * storedBlockBytes])
                    if converts {
                        unsafe convertToFloat32(stored, array.shape.elementType, to: target)
                    } else {
                        unsafe target.copyMemory(from: stored)
                    }
                }
                return
            }
        #endif
        for block in 0..<tensor.blockCount {
            let from = (block * rowCount + ordinal) * storedBlockBytes
            let target = unsafe place(row: row, count: count, block: block, in: slab)
            let stored = unsafe converts ? scratch.room(count * storedBlockBytes) : target
            unsafe try array.read(at: from, into: stored)
            if array.isBigEndian { unsafe swapBytes(stored, width: array.shape.elementType.byteWidth) }
            if converts {
                unsafe convertToFloat32(UnsafeRawBufferPointer(stored), array.shape.elementType, to: target)
            }
        }
    }

    /// Where one block of `count` rows goes.
    private func place(row: Int, count: Int, block: Int, in slab: Slab) -> UnsafeMutableRawBufferPointer {
        let start = tensor.start(row: row, block: block, batchSize: batchSize)
        // Inside the slab, whose layout has room for `batchSize` rows; these rows are this worker's alone.
        return unsafe UnsafeMutableRawBufferPointer(rebasing: slab.bytes[start..<start + count * tensor.blockBytes])
    }
}

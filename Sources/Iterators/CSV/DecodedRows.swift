import DataTypes
import Synchronization

/// Rows of a table as the numbers they were read as, for streams whose rows come in random order.
///
/// Reading one row alone costs more than parsing it: a system call, and memory that nobody has touched for long. So the first
/// row wanted of a block brings the whole block, and a row that has been read once is copied from here ever after.
@safe
final class DecodedRows: @unchecked Sendable {
    // @unchecked: a block's bytes are written by the worker that moved its state from `absent` to `busy`, and read by others
    // after they have seen `ready`, which that worker stores last.
    private let numbers: UnsafeMutableRawBufferPointer
    /// For each row 1 when it could be read.
    private let isGood: UnsafeMutableRawBufferPointer
    private let states: UnsafeMutableBufferPointer<Atomic<UInt8>>
    private let share: CacheBudget.Share
    let rowCount: Int
    let rowBytes: Int
    let blockRows: Int

    private static let absent: UInt8 = 0
    private static let busy: UInt8 = 1
    private static let ready: UInt8 = 2

    /// nil when `budget` has not enough left.
    ///
    /// - Parameter blockRows: rows that are read together, at least 1.
    init?(rowCount: Int, rowBytes: Int, blockRows: Int, budget: CacheBudget) {
        let blocks = (rowCount + blockRows - 1) / blockRows
        let (bytes, overflow) = rowCount.multipliedReportingOverflow(by: rowBytes + 1)
        guard !overflow, bytes <= Int.max - blocks, let share = budget.take(bytes + blocks) else { return nil }
        self.share = share
        self.rowCount = rowCount
        self.rowBytes = rowBytes
        self.blockRows = blockRows
        // Both become memory page by page, as blocks are read. Nothing is read from them before it has been written.
        unsafe numbers = .allocate(byteCount: rowCount * rowBytes, alignment: 64)
        unsafe isGood = .allocate(byteCount: rowCount, alignment: 64)
        unsafe states = .allocate(capacity: blocks)
        for block in 0..<blocks { unsafe states.initializeElement(at: block, to: Atomic(Self.absent)) }
    }

    deinit {
        unsafe numbers.deallocate()
        unsafe isGood.deallocate()
        unsafe states.deinitialize()
        unsafe states.deallocate()
    }

    /// Whether nothing has to be read for row `row` any more.
    func isReady(_ row: Int) -> Bool { unsafe states[block(of: row)].load(ordering: .relaxed) == Self.ready }

    /// Copies row `row` to `output`, when its block has been read and it is a good one.
    ///
    /// - Parameter output: `rowBytes` bytes.
    func copy(_ row: Int, to output: UnsafeMutableRawBufferPointer) -> Bool {
        precondition(output.count == rowBytes)
        guard unsafe states[block(of: row)].load(ordering: .acquiring) == Self.ready, unsafe isGood[row] == 1 else {
            return false
        }
        // `block` has checked that there is such a row.
        unsafe output.copyMemory(from: UnsafeRawBufferPointer(bytes(of: row)))
        return true
    }

    /// Reads the block of row `row` with `parse`, unless it is there or another worker is at it.
    ///
    /// - Parameter parse: writes a row, or returns false when that is impossible; then the row is tried again whenever it is
    ///   wanted, for the error's sake. Throws when the block cannot be read at all, which leaves it as it was.
    func readBlock<Failure: Error>(
        of row: Int, parse: (_ row: Int, _ output: UnsafeMutableRawBufferPointer) throws(Failure) -> Bool
    ) throws(Failure) {
        let block = block(of: row)
        // `block` is below the number of states.
        guard
            unsafe states[block].compareExchange(expected: Self.absent, desired: Self.busy, ordering: .acquiring)
                .exchanged
        else { return }
        let first = block * blockRows
        do throws(Failure) {
            for row in first..<min(first + blockRows, rowCount) {
                // The block is this worker's alone while it is busy.
                let isRead = try unsafe parse(row, bytes(of: row))
                unsafe isGood[row] = isRead ? 1 : 0
            }
        } catch {
            unsafe states[block].store(Self.absent, ordering: .releasing)
            throw error
        }
        unsafe states[block].store(Self.ready, ordering: .releasing)
    }

    private func bytes(of row: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: numbers[row * rowBytes..<(row + 1) * rowBytes])
    }

    private func block(of row: Int) -> Int {
        precondition(row >= 0 && row < rowCount)
        return row / blockRows
    }
}

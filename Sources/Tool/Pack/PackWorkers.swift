import Foundation

/// Packs the rows of a list on threads of its own and hands them over in the list's order.
///
/// Memory is bounded: a thread takes a row only when few are waiting to be handed over and their bytes are within
/// `waitingByteLimit`, or when everybody waits for that very row.
final class PackWorkers: @unchecked Sendable {
    // All mutable properties are touched only with `condition` locked.
    private static let waitingByteLimit = 256 << 20

    private let condition = NSCondition()
    private let window: Int
    private var reader: ListReader
    private var taken = 0
    private var handedOver = 0
    private var waiting: [Int: PackedRow] = [:]
    private var waitingBytes = 0
    private var isAtEnd = false
    private var isStopped = false

    /// - Parameters:
    ///   - pack: makes what one thread packs rows with; called once on each.
    init(
        _ reader: ListReader, threads: Int, pack: @escaping @Sendable () -> (ListReader.Row) -> PackedRow
    ) {
        self.reader = reader
        window = 4 * threads
        for _ in 0..<threads {
            let thread = Thread { self.work(pack()) }
            thread.name = "pack"
            thread.start()
        }
    }

    /// The next row; nil at the end of the list, and when `stop` was called.
    func next() -> PackedRow? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            if let row = waiting.removeValue(forKey: handedOver) {
                handedOver += 1
                waitingBytes -= row.byteCount
                condition.broadcast()
                return row
            }
            if isAtEnd, handedOver == taken { return nil }
            condition.wait()
        }
        return nil
    }

    /// Ends the threads when they have finished the row they are at, and wakes who waits in `next`. Returns at once: a
    /// thread may be waiting for a disk that does not answer.
    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    private func work(_ pack: (ListReader.Row) -> PackedRow) {
        while let (position, row) = take() { give(pack(row), at: position) }
    }

    private func take() -> (position: Int, row: ListReader.Row)? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped, !isAtEnd {
            let hasRoom = taken < handedOver + window && waitingBytes < Self.waitingByteLimit
            if hasRoom || taken == handedOver {
                guard let row = reader.next() else {
                    isAtEnd = true
                    condition.broadcast()
                    return nil
                }
                taken += 1
                return (taken - 1, row)
            }
            condition.wait()
        }
        return nil
    }

    private func give(_ row: PackedRow, at position: Int) {
        condition.lock()
        waiting[position] = row
        waitingBytes += row.byteCount
        condition.broadcast()
        condition.unlock()
    }
}

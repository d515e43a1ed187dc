import Foundation

/// Works items up on threads of its own and hands the products over in the items' order.
///
/// Memory is bounded: a thread takes an item only when few products are waiting to be handed over and their bytes are
/// within `waitingByteLimit`, or when everybody waits for the product of that very item.
final class OrderedWorkers<Item: Sendable, Product: Sendable>: @unchecked Sendable {
    // All mutable properties are touched, and `source` is called, only with `condition` locked.
    private let waitingByteLimit = 256 << 20

    private let condition = NSCondition()
    private let window: Int
    private let source: () -> Item?
    private let byteCount: (Product) -> Int
    private var taken = 0
    private var handedOver = 0
    private var waiting: [Int: Product] = [:]
    private var waitingBytes = 0
    private var isAtEnd = false
    private var isStopped = false

    /// - Parameters:
    ///   - source: the next item, or nil; called by one thread at a time, and no more after nil or `stop`.
    ///   - byteCount: what a product keeps in memory.
    ///   - worker: makes what one thread works items up with; called once on each.
    init(
        threads: Int, byteCount: @escaping @Sendable (Product) -> Int, source: sending @escaping () -> Item?,
        worker: @escaping @Sendable () -> (Item) -> Product
    ) {
        self.source = source
        self.byteCount = byteCount
        window = 4 * threads
        for _ in 0..<threads {
            let thread = Thread { self.work(worker()) }
            thread.name = "pack"
            thread.start()
        }
    }

    /// The next product; nil behind the last, and when `stop` was called.
    func next() -> Product? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped {
            if let product = waiting.removeValue(forKey: handedOver) {
                handedOver += 1
                waitingBytes -= byteCount(product)
                condition.broadcast()
                return product
            }
            if isAtEnd, handedOver == taken { return nil }
            condition.wait()
        }
        return nil
    }

    /// Ends the threads when they have finished the item they are at, and wakes who waits in `next`. Returns at once: a
    /// thread may be waiting for a disk that does not answer.
    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    private func work(_ worker: (Item) -> Product) {
        while let (position, item) = take() { give(worker(item), at: position) }
    }

    private func take() -> (position: Int, item: Item)? {
        condition.lock()
        defer { condition.unlock() }
        while !isStopped, !isAtEnd {
            let hasRoom = taken < handedOver + window && waitingBytes < waitingByteLimit
            if hasRoom || taken == handedOver {
                guard let item = source() else {
                    isAtEnd = true
                    condition.broadcast()
                    return nil
                }
                taken += 1
                return (taken - 1, item)
            }
            condition.wait()
        }
        return nil
    }

    private func give(_ product: Product, at position: Int) {
        condition.lock()
        waiting[position] = product
        waitingBytes += byteCount(product)
        condition.broadcast()
        condition.unlock()
    }
}

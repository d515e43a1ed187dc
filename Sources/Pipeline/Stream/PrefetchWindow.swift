import DataTypes

/// The decisions of a prefetched stream, as a value: where the consumer is, what is under way, what is ready. No I/O.
struct PrefetchWindow {
    /// The batch that is handed over next.
    private(set) var position: BatchAddress
    /// The batch that is planned next; never behind `position`.
    private(set) var upcoming: BatchAddress
    /// Raised by every seek: batches of an earlier generation are not wanted.
    private(set) var generation = 0
    private var ready: [BatchAddress: Result<DataBatch, StreamError>] = [:]
    private var underWay: Set<BatchAddress> = []
    let capacity: Int

    init(position: BatchAddress, capacity: Int) {
        self.position = position
        upcoming = position
        self.capacity = capacity
    }

    var readyCount: Int { ready.count }
    /// Whether `take` has something to give.
    var isReady: Bool { ready[position] != nil }

    /// The next batch to prepare, or nil when the window is full or there is nothing to prepare.
    mutating func takeUpcoming(stepCount: (Int) -> Int) -> BatchAddress? {
        guard ready.count + underWay.count < capacity else { return nil }
        var address = upcoming
        if address.step >= stepCount(address.epoch) {
            address = BatchAddress(epoch: address.epoch + 1, step: 0)
            // An empty epoch is waited for at its end; running on through empty ones would never stop.
            guard stepCount(address.epoch) > 0 else { return nil }
        }
        upcoming = BatchAddress(epoch: address.epoch, step: address.step + 1)
        underWay.insert(address)
        return address
    }

    /// Gives an address back that could not be prepared after all. The last one taken only.
    mutating func putBack(_ address: BatchAddress) {
        underWay.remove(address)
        upcoming = address
    }

    /// A batch is done. False: nobody wants it any more.
    mutating func completed(
        _ address: BatchAddress, generation: Int, _ result: Result<DataBatch, StreamError>
    ) -> Bool {
        guard generation == self.generation else { return false }
        underWay.remove(address)
        guard address >= position else { return false }
        ready[address] = result
        return true
    }

    /// The batch at the position, if it is ready; moves on unless it is an error.
    mutating func take() -> Result<DataBatch, StreamError>? {
        guard let result = ready[position] else { return nil }
        // An error stays where it is: the epoch cannot go on, and asking again gives the same answer.
        if case .success = result {
            ready[position] = nil
            position.step += 1
        }
        return result
    }

    /// What a move leaves behind. The caller lets go of it outside its lock: a batch that goes gives its slab back, which
    /// takes the lock again.
    typealias Leftovers = [Result<DataBatch, StreamError>]

    /// Goes to the start of the next epoch, keeping what is prepared of it.
    mutating func reset() -> Leftovers {
        position = BatchAddress(epoch: position.epoch + 1, step: 0)
        let old = ready.filter { $0.key < position }
        for address in old.keys { ready[address] = nil }
        if upcoming < position { upcoming = position }
        return Array(old.values)
    }

    /// Goes anywhere, keeping nothing.
    mutating func seek(to address: BatchAddress) -> Leftovers {
        let old = Array(ready.values)
        generation += 1
        ready = [:]
        underWay = []
        position = address
        upcoming = address
        return old
    }
}

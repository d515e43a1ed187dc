import DataTypes

/// The decisions of a prefetched stream, as a value: where the consumer is, what is under way, what is ready. No I/O.
struct PrefetchWindow {
    /// The batch that is handed over next.
    private(set) var position: BatchAddress
    /// The batch that is planned next; never behind `position`.
    private(set) var upcoming: BatchAddress
    /// How many batches from `upcoming` on the storage has been asked for.
    private var announced = 0
    /// Raised by every seek: batches of an earlier generation are not wanted.
    private(set) var generation = 0
    private var ready: [BatchAddress: Result<DataBatch, StreamError>] = [:]
    private var underWay: Set<BatchAddress> = []
    private(set) var depth: PrefetchDepth

    init(position: BatchAddress, capacity: Int) {
        self.position = position
        upcoming = position
        depth = PrefetchDepth(limit: capacity)
    }

    var readyCount: Int { ready.count }
    /// Whether `take` has something to give.
    var isReady: Bool { ready[position] != nil }

    /// The next batch to prepare, or nil when the window is full or there is nothing to prepare.
    mutating func takeUpcoming(stepCount: (Int) -> Int) -> BatchAddress? {
        guard ready.count + underWay.count < depth.current else {
            if underWay.isEmpty, position.step > 0, position.step < stepCount(position.epoch) { depth.becameFull() }
            return nil
        }
        guard let address = Self.first(from: upcoming, stepCount) else { return nil }
        upcoming = BatchAddress(epoch: address.epoch, step: address.step + 1)
        announced -= 1
        underWay.insert(address)
        return address
    }

    /// The first batch at or behind `address`, across the end of its epoch.
    private static func first(from address: BatchAddress, _ stepCount: (Int) -> Int) -> BatchAddress? {
        guard address.step >= stepCount(address.epoch) else { return address }
        let next = BatchAddress(epoch: address.epoch + 1, step: 0)
        // An empty epoch is waited for at its end; running on through empty ones would never stop.
        return stepCount(next.epoch) > 0 ? next : nil
    }

    /// The batches that the storage should now be asked for: those of the next `depth.limit` that it has not been asked for.
    /// That needs no slabs, so it is done as far ahead as the user allows, whatever the depth.
    mutating func takeAnnouncements(stepCount: (Int) -> Int) -> [BatchAddress] {
        announced = max(announced, 0)
        var addresses: [BatchAddress] = []
        var next = upcoming
        for place in 0..<depth.limit {
            guard let address = Self.first(from: next, stepCount) else { break }
            next = BatchAddress(epoch: address.epoch, step: address.step + 1)
            if place >= announced { addresses.append(address) }
        }
        announced = depth.limit
        return addresses
    }

    /// Gives an address back that could not be prepared after all. The last one taken only.
    mutating func putBack(_ address: BatchAddress) {
        underWay.remove(address)
        upcoming = address
        announced += 1
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
    ///
    /// - Parameter hadToWait: the consumer asked for it before it was ready.
    mutating func take(hadToWait: Bool) -> Result<DataBatch, StreamError>? {
        guard let result = ready[position] else { return nil }
        // An error stays where it is: the epoch cannot go on, and asking again gives the same answer.
        if case .success = result {
            ready[position] = nil
            position.step += 1
            depth.delivered(hadToWait: hadToWait)
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
        if upcoming < position {
            upcoming = position
            announced = 0
        }
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
        announced = 0
        return old
    }
}

package import DataTypes
import Synchronization

/// A running stream over any `BatchSource`: prepares batches ahead on the pool and hands them over in order.
package final class PrefetchedStream: BatchStream {
    package let info: StreamInfo
    private let source: any BatchSource
    private let pool: WorkerPool
    private let allocator: any SlabAllocator
    private let lane: LaneQueue.LaneID
    private let letsBatchesGo: Bool
    private let onClose: @Sendable () -> Void

    private struct State {
        var window: PrefetchWindow
        var waiter: (@Sendable (Result<StreamEvent, StreamError>) -> Void)?
        var waitingSince: UInt64 = 0
        /// When the batch at the position became ready; 0 when it is not.
        var readySince: UInt64 = 0
        /// Where an error was handed over last, so that one asked for again is not counted again.
        var failedAt: BatchAddress?
        var jobs: [BatchAddress: BatchJob] = [:]
        var freeSlabs: [Slab] = []
        var slabCount = 0
        /// Slabs of batches that the consumer holds, when those do not count.
        var lent: Set<ObjectIdentifier> = []
        var isClosed = false
        var statistics = StreamStatistics()
    }
    private let state: Mutex<State>

    /// - Parameters:
    ///   - source: what to stream.
    ///   - start: the first batch to hand over.
    ///   - letsBatchesGo: the consumer may hold as many batches as it likes: one that has been handed over is no longer
    ///     among the stream's slabs. Otherwise a consumer that holds `info.slabCount` batches waits for itself.
    ///   - weight: the stream's share of the decode threads, relative to its client's others.
    ///   - client: whose it is. Clients share the decode threads evenly.
    ///   - startsAtOnce: prepares batches from now on; false waits until the first is asked for, or the stream is moved, so that a
    ///     consumer that is gone by then has cost nothing.
    ///   - onClose: called once when the stream is closed, to give back what was reserved for it.
    package init(
        source: any BatchSource, start: BatchAddress, pool: WorkerPool, allocator: any SlabAllocator,
        letsBatchesGo: Bool = false, weight: Double = 1, client: UInt64 = 0,
        startsAtOnce: Bool = true, onClose: @escaping @Sendable () -> Void = {}
    ) {
        self.source = source
        self.pool = pool
        self.allocator = allocator
        self.onClose = onClose
        self.letsBatchesGo = letsBatchesGo
        info = source.info
        lane = pool.makeLane(weight: weight, client: client)
        state = Mutex(State(window: PrefetchWindow(position: start, capacity: source.info.prefetch)))
        if startsAtOnce { schedule() }
    }

    deinit { close() }

    package var position: BatchAddress { state.withLock { $0.window.position } }

    package func stepCount(epoch: Int) -> Int { source.epochPlan.stepCount(epoch: epoch) }

    package var statistics: StreamStatistics {
        state.withLock { state in
            var result = state.statistics
            result.queueDepth = state.window.readyCount
            result.queueCapacity = state.window.depth.current
            result.prefetchReason = state.window.depth.reason
            result.memoryBytes = state.slabCount * info.layout.payloadBytes
            result.cacheBytes = source.cacheBytes
            return result
        }
    }

    package func next(_ deliver: @escaping @Sendable (Result<StreamEvent, StreamError>) -> Void) {
        let event: Result<StreamEvent, StreamError>? = state.withLock { state in
            precondition(state.waiter == nil, "one call of next at a time")
            if state.isClosed { return .failure(Self.closedError) }
            if let event = takeEvent(&state, hadToWait: false) { return event }
            state.waiter = deliver
            state.waitingSince = monotonicNanoseconds()
            return nil
        }
        if let event { deliver(event) }
        schedule()
    }

    package func reset() -> BatchAddress {
        let (position, unwanted, leftovers) = state.withLock { state in
            state.waiter = nil
            let leftovers = state.window.reset()
            state.readySince = state.window.isReady ? monotonicNanoseconds() : 0
            let position = state.window.position
            pool.forgetReadAhead(lane: lane, before: position)
            return (position, state.jobs.filter { $0.key < position }.map(\.value), leftovers)
        }
        abandon(unwanted, leftovers)
        schedule()
        return position
    }

    package func seek(to address: BatchAddress) throws(StreamError) {
        guard (0...EpochPlan.maxEpoch).contains(address.epoch), address.step >= 0,
            address.step <= stepCount(epoch: address.epoch)
        else {
            throw StreamError(
                .badPosition, "there is no step \(address.step) in epoch \(address.epoch)",
                hint: (0...EpochPlan.maxEpoch).contains(address.epoch)
                    ? "that epoch has \(stepCount(epoch: address.epoch)) steps" : "")
        }
        let (unwanted, leftovers) = state.withLock { state in
            state.waiter = nil
            state.readySince = 0
            let leftovers = state.window.seek(to: address)
            pool.forgetReadAhead(lane: lane)
            let jobs = Array(state.jobs.values)
            state.jobs = [:]
            return (jobs, leftovers)
        }
        abandon(unwanted, leftovers)
        schedule()
    }

    package func close() {
        let abandoned: ([BatchJob], PrefetchWindow.Leftovers)? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            state.waiter = nil
            state.freeSlabs = []
            // Forgets what was ready and refuses what is still under way.
            let leftovers = state.window.seek(to: state.window.position)
            pool.forgetReadAhead(lane: lane)
            // Jobs that still wait in the lane are dropped with it and never complete: nothing else would let go of them.
            let jobs = Array(state.jobs.values)
            state.jobs = [:]
            return (jobs, leftovers)
        }
        guard let (unwanted, leftovers) = abandoned else { return }
        abandon(unwanted, leftovers)
        pool.removeLane(lane)
        onClose()
    }

    /// Stops work that nobody wants any more. Taking the leftovers keeps them alive until the lock is free.
    private func abandon(_ jobs: [BatchJob], _ leftovers: consuming PrefetchWindow.Leftovers) {
        for job in jobs { job.isCancelled.store(true, ordering: .relaxed) }
    }

    private static var closedError: StreamError { StreamError(.badRequest, "the stream is closed") }

    /// The event at the position, if there is one. Called with the lock held.
    private func takeEvent(_ state: inout State, hadToWait: Bool) -> Result<StreamEvent, StreamError>? {
        let position = state.window.position
        let steps = stepCount(epoch: position.epoch)
        if position.step >= steps { return .success(.epochEnd(epoch: position.epoch, stepCount: steps)) }
        guard let result = state.window.take(hadToWait: hadToWait) else { return nil }
        let now = monotonicNanoseconds()
        if state.readySince != 0 { state.statistics.idleNanoseconds += now - state.readySince }
        state.readySince = state.window.isReady ? now : 0
        switch result {
        case .success(let batch):
            if letsBatchesGo {
                state.lent.insert(ObjectIdentifier(batch.slab))
                state.slabCount -= 1
            }
            state.statistics.batches += 1
            state.statistics.samples += UInt64(info.batchSize - batch.pad)
            state.statistics.badRecords += UInt64(batch.badRecordCount)
            return .success(.batch(batch))
        case .failure(let error):
            if state.failedAt != position { state.statistics.badRecords += 1 }
            state.failedAt = position
            return .failure(error)
        }
    }

    /// Starts batches as long as the window and the slabs allow it.
    private func schedule() {
        while true {
            let job = state.withLock { state in
                // The storage is asked first: the batch's own request, if it was not made before, stands at the head. And it is
                // asked with the lock held: otherwise a move could fall in between, and what is asked then is never forgotten.
                if !state.isClosed {
                    let addresses = state.window.takeAnnouncements(stepCount: stepCount(epoch:))
                    if !addresses.isEmpty { pool.readAhead(addresses, of: source, lane: lane) }
                }
                return takeJob(&state)
            }
            guard let job else { return }
            pool.submit(job, lane: lane)
        }
    }

    /// The next batch to prepare with the slab it goes into, or nil. Called with the lock held.
    private func takeJob(_ state: inout State) -> BatchJob? {
        guard !state.isClosed, let address = state.window.takeUpcoming(stepCount: stepCount(epoch:)) else { return nil }
        guard let slab = takeSlab(&state) else {
            state.window.putBack(address)
            return nil
        }
        let generation = state.window.generation
        let job = BatchJob(source: source, plan: source.epochPlan.plan(address), slab: slab) { [weak self] job in
            self?.completed(job, generation: generation)
        }
        state.jobs[address] = job
        return job
    }

    private func takeSlab(_ state: inout State) -> Slab? {
        if let slab = state.freeSlabs.popLast() { return slab }
        guard state.slabCount < info.slabCount else { return nil }
        state.slabCount += 1
        return allocator.allocate(byteCount: info.layout.payloadBytes)
    }

    /// A slab is free again, when the last holder of its batch has let go.
    private func giveBack(_ slab: Slab) {
        state.withLock { state in
            if state.lent.remove(ObjectIdentifier(slab)) != nil {
                guard state.slabCount < info.slabCount else { return }
                state.slabCount += 1
            }
            if !state.isClosed { state.freeSlabs.append(slab) }
        }
        schedule()
    }

    /// Called by the worker that ends a batch's last row.
    private func completed(_ job: BatchJob, generation: Int) {
        let outcome = job.finish()
        let address = job.plan.address
        pool.stages.record(outcome.times)
        let batch = DataBatch(
            address: address, partIndex: info.partIndex, layout: info.layout, pad: outcome.pad,
            stepCount: job.plan.stepCount, badRecords: outcome.badRecords, badRecordCount: outcome.badRecordCount,
            slab: job.slab
        ) { [weak self] slab in self?.giveBack(slab) }
        var result: Result<DataBatch, StreamError> = .success(batch)
        if source.badRecordPolicy == .error, let bad = outcome.badRecords.first {
            result = .failure(
                StreamError(
                    .badRecord, bad.description,
                    hint: "open the stream with on_bad_record=\"skip\" to go on without such records",
                    badRecord: bad))
        }
        let answer: (() -> Void)? = state.withLock { state in
            if state.jobs[address] === job { state.jobs[address] = nil }
            state.statistics.readNanoseconds += outcome.times.read
            state.statistics.decodeNanoseconds += outcome.times.decode
            state.statistics.augmentNanoseconds += outcome.times.augment
            state.statistics.cacheHits += outcome.times.cacheHits
            state.statistics.cacheMisses += outcome.times.cacheMisses
            state.statistics.cpuNanoseconds += outcome.cpuNanoseconds
            guard state.window.completed(address, generation: generation, result) else { return nil }
            if state.readySince == 0, state.window.isReady { state.readySince = monotonicNanoseconds() }
            guard let waiter = state.waiter, let event = takeEvent(&state, hadToWait: true) else { return nil }
            state.waiter = nil
            let waited = monotonicNanoseconds() - state.waitingSince
            state.statistics.starvedNanoseconds += waited
            state.statistics.storageNanoseconds += outcome.times.readShare(of: waited)
            return { waiter(event) }
        }
        answer?()
        schedule()
    }
}

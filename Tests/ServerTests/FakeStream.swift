import DataTypes
import Dispatch
import Synchronization

/// What a fake stream yields.
struct FakePlan: Sendable {
    var batchSize = 4
    /// Bytes of one row.
    var rowBytes = 256
    var stepsPerEpoch = 5
    /// Slabs, which is how many batches may be alive.
    var slabCount = 3
    var badRecords: [BatchAddress: [BadRecord]] = [:]
    /// `next` fails when it stands here.
    var failsAt: BatchAddress?
    /// `next` is not answered until the stream is told to `proceed`.
    var isHeld = false

    /// Byte `i` of the data tensor of a batch.
    static func byte(_ address: BatchAddress, _ i: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: address.epoch &* 101 &+ address.step &* 31 &+ i &* 7)
    }
}

/// A stream of deterministic bytes that keeps account of what is asked of it and of its slabs.
final class FakeStream: BatchStream {
    typealias Deliver = @Sendable (Result<StreamEvent, StreamError>) -> Void

    private struct State {
        var position = BatchAddress(epoch: 0, step: 0)
        var freeSlabs: [Slab] = []
        var waiting: Deliver?
        var isHeld: Bool
        var isClosed = false
        var delivered = 0
        var alive = 0
        var statistics = StreamStatistics()
    }

    let info: StreamInfo
    let plan: FakePlan
    /// Signalled when the stream is closed and every batch of it has been given back.
    let released = Event()
    private let queue = DispatchQueue(label: "fake")
    private let state: Mutex<State>

    init(_ plan: FakePlan, allocator: any SlabAllocator) {
        self.plan = plan
        let data = DataDesc(
            name: "data", shape: [plan.batchSize, plan.rowBytes], elementType: .uint8, layout: "NC")
        let label = DataDesc(name: "softmax_label", shape: [plan.batchSize], elementType: .float32, layout: "N")
        let layout = BatchLayout(data: [data], label: [label], batchSize: plan.batchSize)
        let records = plan.batchSize * plan.stepsPerEpoch
        info = StreamInfo(
            iterator: "FakeIter", provideData: [data], provideLabel: [label], layout: layout,
            batchSize: plan.batchSize, numParts: 1, partIndex: 0, recordCount: records, partRecordCount: records,
            manifestHash: String(repeating: "a", count: 32), specHash: String(repeating: "b", count: 32),
            prefetch: plan.slabCount, parameters: [:], warnings: [])
        state = Mutex(State(isHeld: plan.isHeld))
        let slabs = (0..<plan.slabCount).map { _ in allocator.allocate(byteCount: layout.payloadBytes) }
        state.withLock { $0.freeSlabs = slabs }
    }

    var position: BatchAddress { state.withLock { $0.position } }
    var delivered: Int { state.withLock { $0.delivered } }
    var statistics: StreamStatistics { state.withLock { $0.statistics } }
    func stepCount(epoch: Int) -> Int { plan.stepsPerEpoch }

    func next(_ deliver: @escaping Deliver) {
        state.withLock { state in
            precondition(state.waiting == nil, "two calls of next are outstanding")
            state.waiting = deliver
        }
        queue.async { self.advance() }
    }

    /// Answers what waits, when there is something to answer with.
    private func advance() {
        let answer: (Deliver, Result<StreamEvent, StreamError>)? = state.withLock { state in
            guard !state.isHeld, !state.isClosed, let deliver = state.waiting else { return nil }
            let address = state.position
            if address == plan.failsAt {
                state.waiting = nil
                return (deliver, .failure(StreamError(.badRecord, "record 7 is damaged")))
            }
            guard address.step < plan.stepsPerEpoch else {
                state.waiting = nil
                return (deliver, .success(.epochEnd(epoch: address.epoch, stepCount: plan.stepsPerEpoch)))
            }
            guard let slab = state.freeSlabs.popLast() else { return nil }
            state.waiting = nil
            state.position.step += 1
            state.delivered += 1
            state.alive += 1
            state.statistics.batches += 1
            state.statistics.samples += UInt64(plan.batchSize)
            return (deliver, .success(.batch(batch(address, slab))))
        }
        if let (deliver, result) = answer { deliver(result) }
    }

    private func batch(_ address: BatchAddress, _ slab: Slab) -> DataBatch {
        let data = info.layout.tensors[0]
        for i in 0..<data.desc.byteCount {
            unsafe slab.bytes[data.offset + i] = FakePlan.byte(address, i)
        }
        return DataBatch(
            address: address, partIndex: 0, layout: info.layout, pad: 0, stepCount: plan.stepsPerEpoch,
            badRecords: plan.badRecords[address] ?? [], slab: slab
        ) { [self] slab in
            giveBack(slab)
        }
    }

    private func giveBack(_ slab: Slab) {
        let isReleased = state.withLock { state in
            state.alive -= 1
            state.freeSlabs.append(slab)
            return state.isClosed && state.alive == 0
        }
        if isReleased { released.signal() }
        queue.async { self.advance() }
    }

    func reset() -> BatchAddress {
        state.withLock { state in
            state.waiting = nil
            state.position = BatchAddress(epoch: state.position.epoch + 1, step: 0)
            return state.position
        }
    }

    func seek(to address: BatchAddress) throws(StreamError) {
        guard address.step <= plan.stepsPerEpoch else {
            throw StreamError(.badPosition, "step \(address.step) is beyond the \(plan.stepsPerEpoch) of the epoch")
        }
        state.withLock { state in
            state.waiting = nil
            state.position = address
        }
    }

    func close() {
        let isReleased = state.withLock { state in
            state.waiting = nil
            state.isClosed = true
            return state.alive == 0
        }
        if isReleased { released.signal() }
    }

    /// Ends the holding back.
    func proceed() {
        state.withLock { $0.isHeld = false }
        queue.async { self.advance() }
    }
}

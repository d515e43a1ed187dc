import DataTypes
import TestSupport
import Testing

@testable import Pipeline

struct LaneQueueTests {
    private func job() -> BatchJob {
        let source = PatternSource(records: 64, batchSize: 16)
        return BatchJob(
            source: source, plan: source.epochPlan.plan(BatchAddress(epoch: 0, step: 0)),
            slab: HeapSlabAllocator().allocate(byteCount: source.info.layout.payloadBytes)
        ) { _ in }
    }

    @Test("a lane that comes when all others are idle for a moment does not make up for the time before it")
    func lateLane() {
        var queue = LaneQueue()
        let old = queue.addLane(weight: 1)
        queue.append(job(), to: old)
        while let task = queue.takeTask() {
            queue.charge(TaskTimes(cpu: 1_000_000_000, wall: 0, waited: 0), to: task.lane)
        }
        let new = queue.addLane(weight: 1)
        queue.append(job(), to: new)
        queue.append(job(), to: old)
        var served: [LaneQueue.LaneID: Int] = [:]
        for _ in 0..<10 {
            guard let task = queue.takeTask() else { break }
            served[task.lane, default: 0] += 1
            queue.charge(TaskTimes(cpu: 1_000_000_000, wall: 0, waited: 0), to: task.lane)
        }
        #expect(served == [old: 5, new: 5])
    }

    @Test("lanes with work share by weight")
    func weights() {
        var queue = LaneQueue()
        let lanes = [queue.addLane(weight: 1), queue.addLane(weight: 3)]
        for lane in lanes { for _ in 0..<3 { queue.append(job(), to: lane) } }
        var served: [LaneQueue.LaneID: Int] = [:]
        for _ in 0..<40 {
            guard let task = queue.takeTask() else { break }
            served[task.lane, default: 0] += 1
            queue.charge(TaskTimes(cpu: 1000, wall: 0, waited: 0), to: task.lane)
        }
        #expect(served == [lanes[0]: 10, lanes[1]: 30])
    }

    @Test("a lane that goes hands its waiting batches back and leaves no work")
    func removedLane() {
        var queue = LaneQueue()
        let lane = queue.addLane(weight: 1)
        queue.append(job(), to: lane)
        queue.append(job(), to: lane)
        #expect(queue.removeLane(lane).count == 2)
        queue.append(job(), to: lane)
        #expect(!queue.hasWork && queue.takeTask() == nil)
    }
}

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

    @Test(
        "clients share evenly, however many lanes each has and whatever its rows cost", arguments: [1, 9] as [UInt64])
    func clients(cost: UInt64) {
        var queue = LaneQueue()
        let single = queue.addLane(weight: 1, client: 1)
        let many = (0..<10).map { _ in queue.addLane(weight: 1, client: 2) }
        for lane in many + Array(repeating: single, count: 5) { queue.append(job(), to: lane) }
        var used: [UInt64: UInt64] = [:]
        var served: [LaneQueue.LaneID: Int] = [:]
        for _ in 0..<60 {
            guard let task = queue.takeTask() else { break }
            let nanoseconds = task.lane.client == 1 ? 1000 : 1000 * cost
            used[task.lane.client, default: 0] += nanoseconds
            served[task.lane, default: 0] += 1
            queue.charge(TaskTimes(cpu: nanoseconds, wall: 0, waited: 0), to: task.lane)
        }
        let (one, other) = (Double(used[1] ?? 0), Double(used[2] ?? 0))
        #expect(abs(one - other) <= Double(1000 * cost))
        // And the client's lanes among themselves.
        let counts = many.map { served[$0] ?? 0 }
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    }

    @Test(
        "a client keeps no more threads busy than its share, rounded up, while others go on",
        arguments: [(4, 100, 4), (4, 50, 2), (4, 51, 3), (4, 1, 1), (1, 50, 1)])
    func share(threads: Int, percent: Int, most: Int) {
        var queue = LaneQueue(threads: ThreadTuner(base: threads, limit: threads), clientSharePercent: percent)
        let greedy = [queue.addLane(weight: 1, client: 1), queue.addLane(weight: 1, client: 1)]
        for lane in greedy { queue.append(job(), to: lane) }
        var under: [LaneQueue.LaneID] = []
        while under.count < threads, let task = queue.takeTask() { under.append(task.lane) }
        #expect(under.count == most && queue.hasWork)
        let other = queue.addLane(weight: 1, client: 2)
        queue.append(job(), to: other)
        #expect(most == threads || queue.takeTask()?.lane == other)
        // One that ends makes room for one.
        queue.charge(TaskTimes(cpu: 1, wall: 0, waited: 0), to: under[0])
        _ = queue.removeLane(other)
        #expect(queue.takeTask()?.lane.client == 1)
    }

    @Test("a client whose lanes go while rows are under way is forgotten with the last of them")
    func goneClient() {
        var queue = LaneQueue()
        let lane = queue.addLane(weight: 1, client: 1)
        queue.append(job(), to: lane)
        let task = queue.takeTask()
        _ = queue.removeLane(lane)
        #expect(queue.hasWork && queue.takeTask() == nil)
        queue.charge(TaskTimes(cpu: 1, wall: 0, waited: 0), to: task?.lane ?? lane)
        #expect(!queue.hasWork && queue.completedTasks == 1)
        // The same client again, as if it had never been there.
        let next = queue.addLane(weight: 1, client: 1)
        queue.append(job(), to: next)
        #expect(queue.takeTask()?.lane == next)
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

import DataTypes
import Testing

@testable import Pipeline

struct PrefetchDepthTests {
    @Test("a consumer that always waits, and one that never does, get one batch ahead")
    func steadyConsumers() {
        var held = PrefetchDepth(limit: 4)
        var slow = PrefetchDepth(limit: 4)
        for _ in 0..<100 {
            held.delivered(hadToWait: true)
            slow.becameFull()
            slow.delivered(hadToWait: false)
        }
        #expect(held.current == 1 && held.reason == .consumerWaits)
        #expect(slow.current == 1 && slow.reason == .consumerIsSlower)
    }

    @Test("waiting for what could have been prepared makes it deeper, one at a time, up to the limit")
    func irregularConsumer() {
        var depth = PrefetchDepth(limit: 3)
        for expected in [2, 3, 3, 3] {
            depth.becameFull()
            depth.delivered(hadToWait: false)
            depth.delivered(hadToWait: true)
            #expect(depth.current == expected && depth.reason == .irregular)
            // The same pause counts once.
            depth.delivered(hadToWait: true)
            #expect(depth.current == expected)
        }
    }

    @Test("a pause of long ago explains nothing")
    func forgets() {
        var depth = PrefetchDepth(limit: 3)
        depth.becameFull()
        for _ in 0..<16 { depth.delivered(hadToWait: false) }
        depth.delivered(hadToWait: true)
        #expect(depth.current == 1)
        #expect(PrefetchDepth(limit: 1).reason == .limited)
    }

    private static func steps(_ epoch: Int) -> Int { epoch == 2 ? 0 : 3 }

    private func address(_ epoch: Int, _ step: Int) -> BatchAddress { BatchAddress(epoch: epoch, step: step) }

    /// A finished batch without contents.
    private func batch(_ address: BatchAddress) -> DataBatch {
        let data = [DataDesc(name: "data", shape: [1, 1], elementType: .uint8, layout: "NC")]
        return DataBatch(
            address: address, partIndex: 0, layout: BatchLayout(data: data, label: [], batchSize: 1), pad: 0,
            stepCount: 3, badRecords: [], slab: HeapSlabAllocator().allocate(byteCount: 64)
        ) { _ in }
    }

    @Test("the storage is asked for every batch once, in order, as far ahead as the limit and across the epoch's end")
    func announcements() {
        var window = PrefetchWindow(position: address(0, 0), capacity: 2)
        #expect(window.takeAnnouncements(stepCount: Self.steps) == [address(0, 0), address(0, 1)])
        #expect(window.takeAnnouncements(stepCount: Self.steps) == [])
        var asked = 2
        for step in [address(0, 0), address(0, 1), address(0, 2), address(1, 0)] {
            #expect(window.takeUpcoming(stepCount: Self.steps) == step)
            // No slab: the batch is put back and taken again, and the storage is not asked again.
            window.putBack(step)
            #expect(window.takeUpcoming(stepCount: Self.steps) == step)
            let new = window.takeAnnouncements(stepCount: Self.steps)
            #expect(new == [[address(0, 2), address(1, 0), address(1, 1), address(1, 2)][asked - 2]])
            asked += 1
            let isWanted = window.completed(step, generation: 0, .success(batch(step)))
            #expect(isWanted)
            if step == address(1, 0) { _ = window.reset() }
            #expect(window.take(hadToWait: true) != nil)
        }
        // Epoch 2 is empty: nothing runs on through it.
        _ = window.takeUpcoming(stepCount: Self.steps)
        #expect(window.takeAnnouncements(stepCount: Self.steps) == [])
        _ = window.seek(to: address(5, 1))
        #expect(window.takeAnnouncements(stepCount: Self.steps) == [address(5, 1), address(5, 2)])
        _ = window.reset()
        #expect(window.takeAnnouncements(stepCount: Self.steps) == [address(6, 0), address(6, 1)])
    }

    @Test("between epochs nothing counts as a pause")
    func pausesBetweenEpochs() {
        var window = PrefetchWindow(position: address(0, 3), capacity: 2)
        func prepare() {
            while let next = window.takeUpcoming(stepCount: Self.steps) {
                _ = window.completed(next, generation: 0, .success(batch(next)))
            }
        }
        prepare()
        prepare()
        _ = window.reset()
        prepare()
        #expect(window.take(hadToWait: true) != nil)
        #expect(window.depth.current == 1)
        // In mid-epoch it does.
        prepare()
        #expect(window.take(hadToWait: true) != nil)
        #expect(window.depth.current == 2)
    }
}

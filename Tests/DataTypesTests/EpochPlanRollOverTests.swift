import DataTypes
import Testing

struct EpochPlanRollOverTests {
    static func plan(records: Int, batchSize: Int, order: EpochPlan.Order, parts: (Int, Int)? = nil) -> EpochPlan {
        EpochPlan(
            records: 7..<7 + records, evenedTo: nil, batchSize: batchSize,
            globalParts: parts.map { (count: $0.0, index: $0.1) }, rounding: .rollOver, order: order, seed: 5)
    }

    static func ordinals(_ plan: EpochPlan, epoch: Int) -> [Int] {
        (0..<plan.stepCount(epoch: epoch)).flatMap { step in
            plan.plan(BatchAddress(epoch: epoch, step: step)).slots.map { $0!.ordinal - 7 }
        }
    }

    @Test("five records in batches of two: what is left begins the next epoch")
    func sequential() {
        let plan = Self.plan(records: 5, batchSize: 2, order: .sequential)
        #expect(Self.ordinals(plan, epoch: 0) == [0, 1, 2, 3])
        #expect(Self.ordinals(plan, epoch: 1) == [4, 0, 1, 2, 3, 4])
        #expect(Self.ordinals(plan, epoch: 2) == [0, 1, 2, 3])
    }

    @Test("every pass delivers each record once and nothing is filler", arguments: [1, 3, 8, 11, 30])
    func passes(batchSize: Int) {
        for order in [EpochPlan.Order.sequential, .shuffled, .chunked(records: 3, inside: true)] {
            let plan = Self.plan(records: 11, batchSize: batchSize, order: order)
            // As many epochs as batches have rows: then the last pass ends with a batch.
            let all = (0..<batchSize).flatMap { Self.ordinals(plan, epoch: $0) }
            #expect(all.count == 11 * batchSize)
            for pass in 0..<batchSize {
                #expect(all[11 * pass..<11 * (pass + 1)].sorted() == Array(0..<11))
            }
            for epoch in 0..<batchSize {
                #expect(plan.stepCount(epoch: epoch) == (epoch + 1) * 11 / batchSize - epoch * 11 / batchSize)
            }
            for epoch in 0..<batchSize where plan.stepCount(epoch: epoch) > 0 {
                #expect(plan.plan(BatchAddress(epoch: epoch, step: 0)).pad == 0)
            }
        }
    }

    @Test("a left-over record keeps the number of its pass, which keys its augmentation")
    func passNumber() {
        let plan = Self.plan(records: 5, batchSize: 2, order: .shuffled)
        let slots = plan.plan(BatchAddress(epoch: 1, step: 0)).slots
        #expect(slots.map { $0!.epoch } == [0, 1])
    }

    @Test("slices of global batches together are the whole, in order")
    func global() {
        let whole = Self.plan(records: 23, batchSize: 6, order: .shuffled)
        let parts = (0..<3).map { Self.plan(records: 23, batchSize: 2, order: .shuffled, parts: (3, $0)) }
        for epoch in 0..<4 {
            #expect(parts.allSatisfy { $0.stepCount(epoch: epoch) == whole.stepCount(epoch: epoch) })
            for step in 0..<whole.stepCount(epoch: epoch) {
                let address = BatchAddress(epoch: epoch, step: step)
                #expect(parts.flatMap { $0.plan(address).slots } == whole.plan(address).slots)
            }
        }
    }
}

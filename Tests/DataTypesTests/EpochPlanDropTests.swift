import DataTypes
import Testing

struct EpochPlanDropTests {
    @Test(
        "what does not fill a last batch is left out, of every epoch",
        arguments: [(0, 0), (3, 0), (4, 1), (11, 2), (12, 3)])
    func drop(records: Int, steps: Int) {
        for order in [EpochPlan.Order.sequential, .shuffled] {
            let plan = EpochPlan(
                records: 5..<5 + records, evenedTo: nil, batchSize: 4, globalParts: nil, rounding: .drop, order: order,
                seed: 3)
            for epoch in 0..<2 {
                #expect(plan.stepCount(epoch: epoch) == steps)
                let batches = (0..<steps).map { plan.plan(BatchAddress(epoch: epoch, step: $0)) }
                let ordinals = batches.flatMap { $0.slots.map { $0!.ordinal } }
                #expect(Set(ordinals).count == 4 * steps && ordinals.allSatisfy { (5..<5 + records).contains($0) })
                #expect(batches.allSatisfy { $0.pad == 0 })
            }
        }
    }
}

import DataTypes
import Testing

struct EpochPlanRepetitionTests {
    @Test(
        "no batch holds a record more often than the bound says, and no sum is larger",
        arguments: [EpochPlan.Rounding.carryOver, .whole, .zeroFill, .drop], 1...7)
    func bound(rounding: EpochPlan.Rounding, count: Int) {
        for (batch, evenedTo) in (1...16).flatMap({ batch in [nil, count, count + 1, count + 4].map { (batch, $0) } }) {
            let plan = EpochPlan(
                records: 2..<2 + count, evenedTo: evenedTo, batchSize: batch, globalParts: nil, rounding: rounding,
                order: rounding == .carryOver ? .sequential : .shuffled, seed: 9)
            var most = 0
            var largestSum = 0
            for epoch in 0..<12 {
                for step in 0..<plan.stepCount(epoch: epoch) {
                    let ordinals = plan.plan(BatchAddress(epoch: epoch, step: step)).slots.compactMap { $0?.ordinal }
                    let times = Dictionary(ordinals.map { ($0, 1) }, uniquingKeysWith: +)
                    most = max(most, times.values.max() ?? 0)
                    largestSum = max(largestSum, ordinals.reduce(0) { $0 + Self.size($1) })
                }
            }
            #expect(most <= plan.maxRepetitions)
            // Parts that are not evened out can be told exactly, once a batch is filled from the data's start.
            if (evenedTo ?? count) == count, rounding == .whole || rounding == .carryOver {
                #expect(most == plan.maxRepetitions)
            }
            let sizes = Dictionary((2..<2 + count).map { (Self.size($0), 1) }, uniquingKeysWith: +)
                .sorted { $0.key > $1.key }.map { (number: $0.key, records: $0.value) }
            #expect(largestSum <= plan.largestBatchSum(sizes))
            #expect(plan.largestBatchSum(sizes) <= batch * 5)
        }
    }

    private static func size(_ ordinal: Int) -> Int { [5, 0, 3, 3, 1][ordinal % 5] }
}

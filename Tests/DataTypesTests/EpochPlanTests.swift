import DataTypes
import Testing

struct EpochPlanTests {
    private func sequential(
        _ count: Int, batch: Int, rounding: EpochPlan.Rounding, evenedTo: Int? = nil
    ) -> EpochPlan {
        EpochPlan(
            records: 0..<count, evenedTo: evenedTo, batchSize: batch, globalParts: nil, rounding: rounding,
            order: .sequential, seed: 0)
    }

    private func ordinals(_ plan: EpochPlan, epoch: Int) -> [[Int]] {
        (0..<plan.stepCount(epoch: epoch)).map { step in
            plan.plan(BatchAddress(epoch: epoch, step: step)).slots.map { $0?.ordinal ?? -1 }
        }
    }

    @Test("carry-over: ten records in fours alternate between three and two batches, as MXNet's do")
    func carryOverExample() {
        let plan = sequential(10, batch: 4, rounding: .carryOver)
        #expect(ordinals(plan, epoch: 0) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]])
        #expect(ordinals(plan, epoch: 1) == [[2, 3, 4, 5], [6, 7, 8, 9]])
        #expect(ordinals(plan, epoch: 2) == ordinals(plan, epoch: 0))
        #expect(plan.plan(BatchAddress(epoch: 0, step: 2)).pad == 2)
        #expect(plan.plan(BatchAddress(epoch: 1, step: 1)).pad == 0)
    }

    @Test("carry-over agrees with walking the data step by step", arguments: 1...12, 1...15)
    func carryOverEqualsWalk(count: Int, batch: Int) {
        let plan = sequential(count, batch: batch, rounding: .carryOver)
        var next = 0
        for epoch in 0..<20 {
            var left = count - next
            var step = 0
            while left > 0 {
                let result = plan.plan(BatchAddress(epoch: epoch, step: step))
                #expect(result.slots.map { $0!.ordinal } == (0..<batch).map { (next + $0) % count })
                #expect(result.pad == max(0, batch - left))
                #expect(result.slots.map { $0!.isPadding } == (0..<batch).map { $0 >= left })
                next = (next + batch) % count
                left -= batch
                step += 1
            }
            #expect(plan.stepCount(epoch: epoch) == step)
        }
    }

    @Test("whole epochs hold every record once and count their filling", arguments: [1, 2, 5, 9, 10], [1, 3, 4, 25])
    func wholeEpochs(count: Int, batch: Int) {
        for order: EpochPlan.Order in [.sequential, .shuffled, .chunked(records: 3, inside: true)] {
            for rounding: EpochPlan.Rounding in [.whole, .zeroFill] {
                let plan = EpochPlan(
                    records: 100..<(100 + count), evenedTo: nil, batchSize: batch, globalParts: nil, rounding: rounding,
                    order: order, seed: 3)
                for epoch in 0..<3 {
                    var real: [Int] = []
                    for step in 0..<plan.stepCount(epoch: epoch) {
                        let result = plan.plan(BatchAddress(epoch: epoch, step: step))
                        let rows = result.slots.prefix(batch - result.pad)
                        real += rows.map { $0!.ordinal }
                        for row in result.slots.dropFirst(batch - result.pad) {
                            #expect(rounding == .zeroFill ? row == nil : row!.isPadding)
                        }
                    }
                    #expect(real.sorted() == Array(100..<(100 + count)))
                }
            }
        }
    }

    @Test("a shuffled epoch differs from the next one and comes again from the same seed")
    func shuffleDependsOnEpochAndSeed() {
        func order(seed: Int64, epoch: Int) -> [[Int]] {
            ordinals(
                EpochPlan(
                    records: 0..<50, evenedTo: nil, batchSize: 7, globalParts: nil, rounding: .whole, order: .shuffled,
                    seed: seed), epoch: epoch)
        }
        #expect(order(seed: 1, epoch: 0) != order(seed: 1, epoch: 1))
        #expect(order(seed: 1, epoch: 0) != order(seed: 2, epoch: 0))
        #expect(order(seed: 1, epoch: 4) == order(seed: 1, epoch: 4))
    }

    @Test("chunks stay together and only the last is short", arguments: [1, 7, 10, 11, 12, 100], [1, 3, 4, 200])
    func chunkOrder(count: Int, chunk: Int) {
        let plan = EpochPlan(
            records: 0..<count, evenedTo: nil, batchSize: 1, globalParts: nil, rounding: .whole,
            order: .chunked(records: chunk, inside: false), seed: 0, chunkSeed: 5)
        let order = ordinals(plan, epoch: 2).flatMap { $0 }
        #expect(order.sorted() == Array(0..<count))
        for (before, after) in zip(order, order.dropFirst()) where after % chunk != 0 { #expect(after == before + 1) }
    }

    @Test("a global partition gives part i the i-th slice of every global batch, whatever the number of parts")
    func globalPartition() {
        func globalSequence(parts: Int) -> [Int] {
            let plans = (0..<parts).map { part in
                EpochPlan(
                    records: 0..<50, evenedTo: nil, batchSize: 12 / parts, globalParts: (parts, part), rounding: .whole,
                    order: .shuffled, seed: 9)
            }
            return (0..<plans[0].stepCount(epoch: 1)).flatMap { step in
                plans.flatMap { plan in
                    plan.plan(BatchAddress(epoch: 1, step: step)).slots.map { $0!.ordinal }
                }
            }
        }
        #expect(globalSequence(parts: 1) == globalSequence(parts: 3))
        #expect(globalSequence(parts: 1) == globalSequence(parts: 6))
        #expect(Set(globalSequence(parts: 4)) == Set(0..<50))
    }

    @Test(
        "evened parts have equally many batches and true pads",
        arguments: [EpochPlan.Rounding.carryOver, .whole, .zeroFill])
    func evenParts(rounding: EpochPlan.Rounding) {
        let short = sequential(8, batch: 4, rounding: rounding, evenedTo: 9)
        let long = sequential(9, batch: 4, rounding: rounding, evenedTo: 9)
        for epoch in 0..<6 {
            #expect(short.stepCount(epoch: epoch) == long.stepCount(epoch: epoch))
            for plan in [short, long] {
                for step in 0..<plan.stepCount(epoch: epoch) {
                    let result = plan.plan(BatchAddress(epoch: epoch, step: step))
                    #expect(result.pad == result.slots.count { $0?.isPadding ?? true })
                }
            }
        }
    }

    @Test("an empty part has no batches, or as many empty ones as the others have")
    func emptyPart() {
        #expect(sequential(0, batch: 4, rounding: .carryOver).stepCount(epoch: 0) == 0)
        let evened = sequential(0, batch: 4, rounding: .whole, evenedTo: 5)
        #expect(evened.stepCount(epoch: 3) == 2)
        #expect(evened.plan(BatchAddress(epoch: 3, step: 1)).pad == 4)
    }

    @Test("filling that laps the data has keys of its own")
    func lapsDiffer() {
        let slots = sequential(2, batch: 7, rounding: .whole).plan(BatchAddress(epoch: 0, step: 0)).slots
        #expect(slots.map { $0!.lap } == [0, 0, 1, 1, 2, 2, 3])
    }

    @Test("substitutes are in the part, repeatable, and differ by attempt")
    func substitutes() {
        let plan = sequential(1000, batch: 4, rounding: .whole)
        let slot = Slot(ordinal: 5, epoch: 2, lap: 0, isPadding: false)
        let picks = (0..<8).map { plan.substitute(for: slot, attempt: $0).ordinal }
        #expect(picks == (0..<8).map { plan.substitute(for: slot, attempt: $0).ordinal })
        #expect(Set(picks).count > 4)
        #expect(picks.allSatisfy { (0..<1000).contains($0) })
    }

    @Test(
        "ten to the ninth records are planned without looking at them",
        arguments: [EpochPlan.Order.sequential, .shuffled, .chunked(records: 4096, inside: true)])
    func largePlan(order: EpochPlan.Order) {
        let plan = EpochPlan(
            records: 0..<1_000_000_000, evenedTo: nil, batchSize: 256, globalParts: (8, 3), rounding: .whole,
            order: order, seed: 1)
        let epoch = 1 << 20
        let steps = plan.stepCount(epoch: epoch)
        #expect(steps == (1_000_000_000 + 2047) / 2048)
        for step in [0, 1, steps / 2, steps - 1] {
            let slots = plan.plan(BatchAddress(epoch: epoch, step: step)).slots
            #expect(slots.count == 256)
            let ordinals = slots.compactMap { $0?.ordinal }
            #expect(ordinals.allSatisfy { (0..<1_000_000_000).contains($0) })
            #expect(Set(ordinals).count == 256)
        }
    }

    @Test("a plan is values alone: it takes no memory that grows with the records")
    func planHoldsNoReference() {
        #expect(_isPOD(EpochPlan.self))
        #expect(MemoryLayout<EpochPlan>.size <= 256)
    }
}

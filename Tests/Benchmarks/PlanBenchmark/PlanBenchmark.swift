import DataTypes
import Glibc

/// `PlanBenchmark [RECORDS]`: what the order of an epoch costs, by default of 10⁹ records, as JSON.
///
/// "Planning" is what a stream does before its first batch: a plan is made, the steps are counted and the first of them is
/// planned. The steps after it are planned all over the epoch, as seeking does.
@main
struct PlanBenchmark {
    static func main() {
        let records = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000_000
        guard (1...EpochPlan.maxRecords).contains(records) else {
            print("PlanBenchmark [RECORDS]: 1 to \(EpochPlan.maxRecords)")
            exit(2)
        }
        let orders: [(name: String, order: EpochPlan.Order)] = [
            ("sequential", .sequential), ("shuffled", .shuffled),
            ("chunked", .chunked(records: 4096, inside: true)),
        ]
        // Whatever a plan of one record needs, code and heap, is there before memory is looked at.
        for (name, order) in orders { _ = measure(order, name: name, records: 1) }
        let results = orders.map { measure($0.order, name: $0.name, records: records) }
        print("{\n  \"records\" : \(records),\n" + results.joined(separator: ",\n") + "\n}")
    }

    private static func measure(_ order: EpochPlan.Order, name: String, records: Int) -> String {
        let (memory, start) = (residentBytes(), threadCPUNanoseconds())
        let plan = EpochPlan(
            records: 0..<records, evenedTo: nil, batchSize: 256, globalParts: nil, rounding: .whole, order: order,
            seed: 1)
        let steps = plan.stepCount(epoch: 7)
        var checksum = rowCount(plan, step: 0)
        let planned = threadCPUNanoseconds()
        let count = 10_000
        for number in 0..<count {
            checksum += rowCount(plan, step: Int(UInt64(number) &* 0x9E37_79B9_7F4A_7C15 % UInt64(steps)))
        }
        let end = threadCPUNanoseconds()
        precondition(checksum == 256 * (count + 1), "a step has as many rows as the batch")
        return """
              "\(name)" : {
                "planning_cpu_milliseconds" : \(Double(planned - start) / 1e6),
                "step_cpu_microseconds" : \(Double(end - planned) / 1e3 / Double(count)),
                "resident_bytes_grown" : \(residentBytes() - memory)
              }
            """
    }

    private static func rowCount(_ plan: EpochPlan, step: Int) -> Int {
        plan.plan(BatchAddress(epoch: 7, step: step)).slots.count
    }

    /// The most memory that the process has had in use.
    private static func residentBytes() -> Int {
        var usage = rusage()
        // `usage` is ours and lives through the call.
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}

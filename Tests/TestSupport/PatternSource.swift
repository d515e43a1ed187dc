package import DataTypes
package import Synchronization

/// A source whose every byte follows from (record, epoch, lap, column), with records that fail on request and, if asked,
/// a gate that holds all workers back.
package final class PatternSource: BatchSource {
    package let info: StreamInfo
    package let epochPlan: EpochPlan
    package let badRecordPolicy: BadRecordPolicy
    package let slotsPerTask: Int
    private let badRecords: Set<Int>
    private let spinNanoseconds: UInt64
    /// Rows executed so far.
    package let executed = Atomic(0)

    package init(
        records: Int = 23, batchSize: Int = 4, columns: Int = 5, prefetch: Int = 3,
        rounding: EpochPlan.Rounding = .whole,
        order: EpochPlan.Order = .shuffled, badRecords: Set<Int> = [], policy: BadRecordPolicy = .error,
        slotsPerTask: Int = 1, spinNanoseconds: UInt64 = 0
    ) {
        let data = [DataDesc(name: "data", shape: [batchSize, columns], elementType: .uint8, layout: "NC")]
        let label = [DataDesc(name: "softmax_label", shape: [batchSize], elementType: .int32, layout: "N")]
        info = StreamInfo(
            iterator: "PatternIter", provideData: data, provideLabel: label,
            layout: BatchLayout(data: data, label: label, batchSize: batchSize), batchSize: batchSize, numParts: 1,
            partIndex: 0, recordCount: records, partRecordCount: records, manifestHash: "m", specHash: "s",
            prefetch: prefetch, parameters: [:], warnings: [])
        epochPlan = EpochPlan(
            records: 0..<records, evenedTo: nil, batchSize: batchSize, globalParts: nil, rounding: rounding,
            order: order, seed: 1)
        badRecordPolicy = policy
        self.slotsPerTask = slotsPerTask
        self.badRecords = badRecords
        self.spinNanoseconds = spinNanoseconds
    }

    package func readAhead(_ plan: BatchPlan) {}

    package func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        executed.add(1, ordering: .relaxed)
        // By the clock that lanes are charged by: a busy machine changes nothing.
        let end = threadCPUNanoseconds() + spinNanoseconds
        while spinNanoseconds > 0, threadCPUNanoseconds() < end {}
        let tensors = info.layout.tensors
        if badRecords.contains(slot.ordinal) {
            // A failing decoder leaves a half-written row behind.
            unsafe slab.bytes[tensors[0].offset + row * tensors[0].sampleBytes] = 0xEE
            throw BadRecord(reason: "bad_image", message: "made bad", file: "pattern", offset: 8, ordinal: slot.ordinal)
        }
        for column in 0..<tensors[0].sampleBytes {
            unsafe slab.bytes[tensors[0].offset + row * tensors[0].sampleBytes + column] = Self.value(slot, column)
        }
        unsafe slab.bytes.storeBytes(
            of: Int32(slot.ordinal).littleEndian, toByteOffset: tensors[1].offset + row * 4, as: Int32.self)
        unsafe slab.bytes.storeBytes(
            of: UInt64(slot.ordinal).littleEndian, toByteOffset: tensors[2].offset + row * 8, as: UInt64.self)
    }

    /// The byte at `column` of a slot's data.
    package static func value(_ slot: Slot, _ column: Int) -> UInt8 {
        var random = KeyedRandom(
            seed: 5, epoch: UInt64(slot.epoch), record: UInt64(slot.ordinal), lap: UInt64(slot.lap &* 1000 &+ column))
        return UInt8(truncatingIfNeeded: random.next())
    }
}

package import DataTypes

/// A source of sparse rows: record `r` has `r % 4` elements, all of which follow from the record and their position.
package final class SparsePatternSource: BatchSource {
    package let info: StreamInfo
    package let epochPlan: EpochPlan
    package let badRecordPolicy: BadRecordPolicy
    package let slotsPerTask = 1
    package static let columns = 100
    private let badRecords: Set<Int>

    package init(
        records: Int = 23, batchSize: Int = 4, rounding: EpochPlan.Rounding = .whole, badRecords: Set<Int> = [],
        policy: BadRecordPolicy = .error
    ) {
        epochPlan = EpochPlan(
            records: 0..<records, evenedTo: nil, batchSize: batchSize, globalParts: nil, rounding: rounding,
            order: rounding == .carryOver ? .sequential : .shuffled, seed: 1)
        let sizes = (0..<4).reversed().map { size in (number: size, records: (0..<records).count { $0 % 4 == size }) }
        let data = [
            DataDesc(
                name: "data", shape: [batchSize, Self.columns], elementType: .float32, layout: "NC",
                storage: .csr(capacity: max(1, epochPlan.largestBatchSum(sizes))))
        ]
        info = StreamInfo(
            iterator: "SparsePatternIter", provideData: data, provideLabel: [],
            layout: BatchLayout(data: data, label: [], batchSize: batchSize), batchSize: batchSize, numParts: 1,
            partIndex: 0, recordCount: records, partRecordCount: records, manifestHash: "m", specHash: "s",
            prefetch: 3, parameters: [:], warnings: [])
        badRecordPolicy = policy
        self.badRecords = badRecords
    }

    package func readAhead(_ plan: BatchPlan) {}

    package func begin(_ plan: BatchPlan, in slab: Slab) {
        info.layout.sparse[0].begin(plan.slots.map { ($0?.ordinal ?? 0) % 4 }, in: slab)
    }

    package func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord) {
        let tensor = info.layout.sparse[0]
        let elements = Self.elements(of: slot.ordinal)
        let place = tensor.place(ofRow: row, in: slab)
        precondition(place.count == elements.count)
        for (position, (column, value)) in zip(place, elements) {
            // A failing row leaves its first element behind.
            if badRecords.contains(slot.ordinal), position > place.lowerBound { break }
            // The place lies in the tensor.
            unsafe slab.bytes.storeBytes(of: value, toByteOffset: tensor.values.offset + 4 * position, as: Float.self)
            unsafe slab.bytes.storeBytes(
                of: column, toByteOffset: tensor.indices.offset + 8 * position, as: Int64.self)
        }
        if badRecords.contains(slot.ordinal) {
            throw BadRecord(reason: "bad_row", message: "made bad", file: "pattern", offset: 8, ordinal: slot.ordinal)
        }
        unsafe slab.bytes.storeBytes(
            of: UInt64(slot.ordinal), toByteOffset: info.layout.index.offset + 8 * row, as: UInt64.self)
    }

    /// The elements that record `ordinal` has: columns and values.
    package static func elements(of ordinal: Int) -> [(column: Int64, value: Float)] {
        (0..<ordinal % 4).map { (Int64((ordinal * 7 + $0) % columns), Float(ordinal) + Float($0) / 8 + 0.5) }
    }
}

/// An opened iterator: the pure function from a batch's address to its bytes, cut into pieces that the pipeline runs where
/// and when it likes. Immutable and thread-safe.
package protocol BatchSource: Sendable {
    var info: StreamInfo { get }
    var epochPlan: EpochPlan { get }
    var badRecordPolicy: BadRecordPolicy { get }
    /// Slots that a worker takes at once: 1 for images; more where a sample costs less than taking it.
    var slotsPerTask: Int { get }

    /// Asks the storage for the records of `plan`, so that workers find them in memory. Blocks; called on a reader thread.
    /// Errors are left for `execute` to find.
    func readAhead(_ plan: BatchPlan)

    /// Bytes that a cache holds of the data that this source reads; 0 by default.
    var cacheBytes: Int { get }

    /// Writes what the rows of a batch must find in its slab: the places of rows whose size the plan alone does not tell.
    /// Called once a batch, before its first row; does nothing by default. Arithmetic only: it is called on a reader thread.
    func begin(_ plan: BatchPlan, in slab: Slab)

    /// Writes row `row` of every tensor: all its bytes, or throws.
    ///
    /// - Parameters:
    ///   - slot: the record to deliver; not always the plan's own (substitutes).
    ///   - slab: laid out as `info.layout` says. Only the bytes of `row` may be touched.
    ///   - worker: the calling worker's reusable objects.
    /// - Throws: a `BadRecord` that says which record and why. The row's bytes are then undefined; the pipeline clears them.
    func execute(
        _ slot: Slot, row: Int, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) throws(BadRecord)

    /// Writes several rows at once, for sources that gain from neighbours: all their bytes, or false when it leaves them to
    /// `execute(_:row:into:worker:times:)`, which alone says what is wrong with a record.
    func execute(
        rows: Range<Int>, of plan: BatchPlan, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) -> Bool
}

extension BatchSource {
    package func execute(
        rows: Range<Int>, of plan: BatchPlan, into slab: Slab, worker: WorkerScratch, times: inout StageTimes
    ) -> Bool { false }

    package func begin(_ plan: BatchPlan, in slab: Slab) {}

    package var cacheBytes: Int { 0 }
}

/// Wall nanoseconds of one task, by stage, and what a cache did for it.
package struct StageTimes: Sendable {
    package var read: UInt64 = 0
    package var decode: UInt64 = 0
    package var augment: UInt64 = 0
    /// Samples whose image a cache had, and samples whose image was decoded because it had not. Without a cache neither.
    package var cacheHits: UInt64 = 0
    package var cacheMisses: UInt64 = 0

    package init() {}

    /// The part of `nanoseconds` that reading has in all stages.
    package func readShare(of nanoseconds: UInt64) -> UInt64 {
        let all = Double(read) + Double(decode) + Double(augment)
        return all > 0 ? UInt64(Double(nanoseconds) * (Double(read) / all)) : 0
    }

    package mutating func add(_ other: StageTimes) {
        read += other.read
        decode += other.decode
        augment += other.augment
        cacheHits += other.cacheHits
        cacheMisses += other.cacheMisses
    }
}

/// Objects that one worker thread keeps between samples: decoders, buffers, tables.
package final class WorkerScratch {
    private var objects: [(key: ObjectIdentifier, object: AnyObject)] = []

    package init() {}

    /// This worker's object of that type, made at first use.
    package func object<T: AnyObject>(_ type: T.Type, make: () -> T) -> T {
        // A worker serves a handful of iterators; a linear search is faster than hashing.
        for entry in objects where entry.key == ObjectIdentifier(type) {
            return unsafe unsafeDowncast(entry.object, to: type)
        }
        let object = make()
        objects.append((ObjectIdentifier(type), object))
        return object
    }
}

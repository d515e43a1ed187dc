/// The order of a run: which record stands in which slot of any step of any epoch, found in O(1) per slot.
///
/// A *pass* is one walk over the part's records: `recordCount` of them, and behind them filler up to `passLength` when
/// parts are evened out. A *group* is what all parts together take in one step under a global partition; otherwise it is
/// the batch.
package struct EpochPlan: Sendable, Hashable {
    /// What happens at the end of the data.
    package enum Rounding: Sendable, Hashable {
        /// The last batch is filled from the start of the data, and the next epoch begins behind what was taken:
        /// MXNet's `round_batch=True`. Needs sequential order.
        case carryOver
        /// Every epoch is whole; the last batch is filled from the epoch's own start.
        case whole
        /// Every epoch is whole; rows behind the data are zero.
        case zeroFill
        /// The data that does not fill a last batch is left out.
        case drop
        /// What does not fill a last batch begins the next epoch: MXNet's `roll_over`. No row is ever filler, so parts
        /// cannot be evened out.
        case rollOver
    }

    package enum Order: Sendable, Hashable {
        case sequential
        /// One permutation of all records.
        case shuffled
        /// Chunks of that many neighbouring records are permuted; inside, the records too when `inside` is true.
        case chunked(records: Int, inside: Bool)
    }

    /// The last epoch a position can name: passes times records then stay far from overflow.
    package static let maxEpoch = 1 << 30
    /// Most records a plan can hold, for the same reason.
    package static let maxRecords = 1 << 32
    /// Most samples that all parts together may take in a step, likewise.
    package static let maxGroup = 1 << 31

    package let firstRecord: Int
    package let recordCount: Int
    package let passLength: Int
    package let batchSize: Int
    package let groupSize: Int
    package let groupOffset: Int
    package let rounding: Rounding
    package let order: Order
    package let seed: Int64
    package let chunkSeed: Int64
    /// Every epoch has the order of the first.
    package let repeatsOrder: Bool

    /// - Parameters:
    ///   - records: ordinals of the part, or of the whole data set under a global partition.
    ///   - evenedTo: the size of the largest part when every part shall have as many batches; else nil.
    ///   - batchSize: rows of a batch, at least 1; times the number of global parts at most `maxGroup`.
    ///   - globalParts: nil, or the number of parts and this part's index under a global partition.
    package init(
        records: Range<Int>, evenedTo: Int?, batchSize: Int, globalParts: (count: Int, index: Int)?,
        rounding: Rounding, order: Order, seed: Int64, chunkSeed: Int64 = 0, repeatsOrder: Bool = false
    ) {
        precondition(batchSize >= 1 && records.count <= Self.maxRecords)
        precondition(rounding != .carryOver || order == .sequential)
        precondition(rounding != .rollOver || evenedTo ?? 0 <= records.count)
        firstRecord = records.lowerBound
        recordCount = records.count
        passLength = max(records.count, evenedTo ?? 0)
        self.batchSize = batchSize
        groupSize = batchSize * (globalParts?.count ?? 1)
        groupOffset = batchSize * (globalParts?.index ?? 0)
        precondition(groupSize <= Self.maxGroup)
        self.rounding = rounding
        self.order = order
        self.seed = seed
        self.chunkSeed = chunkSeed
        self.repeatsOrder = repeatsOrder
    }

    /// Batches of `epoch`; none behind the last epoch that can be named.
    package func stepCount(epoch: Int) -> Int {
        guard passLength > 0, epoch <= Self.maxEpoch else { return 0 }
        switch rounding {
        case .carryOver, .rollOver: return (firstRow(epoch: epoch + 1) - firstRow(epoch: epoch)) / groupSize
        case .whole, .zeroFill: return (passLength + groupSize - 1) / groupSize
        case .drop: return passLength / groupSize
        }
    }

    /// Records that this part delivers in a whole epoch. Under a global partition that is its share of the data set.
    package var partRecordCount: Int {
        let rest = recordCount % groupSize
        return groupSize == batchSize
            ? recordCount : recordCount / groupSize * batchSize + min(max(rest - groupOffset, 0), batchSize)
    }

    /// Where `epoch` begins in the endless row of passes, under carry-over and roll-over.
    ///
    /// Under carry-over an epoch ends with the first group that reaches the end of a pass. With groups no longer than a
    /// pass, epoch `e` therefore begins at the first multiple of the group at or behind `e` passes; longer groups reach an
    /// end each. Under roll-over it ends with the last group that does not go beyond the end of its pass.
    private func firstRow(epoch: Int) -> Int {
        guard rounding == .carryOver else { return epoch * passLength / groupSize * groupSize }
        guard groupSize <= passLength else { return epoch * groupSize }
        return (epoch * passLength + groupSize - 1) / groupSize * groupSize
    }

    /// The plan of one step.
    ///
    /// - Precondition: the address exists: `epoch` in 0 … `maxEpoch`, `step` below the epoch's count.
    package func plan(_ address: BatchAddress) -> BatchPlan {
        let steps = stepCount(epoch: address.epoch)
        precondition((0...Self.maxEpoch).contains(address.epoch) && (0..<steps).contains(address.step))
        let firstRow = address.step * groupSize + groupOffset
        let slots =
            rounding == .rollOver
            ? rolledSlots(firstRow: self.firstRow(epoch: address.epoch) + firstRow)
            : slots(firstRow: firstRow, epoch: address.epoch)
        let real = min(max(dataRows(epoch: address.epoch) - firstRow, 0), batchSize)
        return BatchPlan(address: address, stepCount: steps, slots: slots, pad: batchSize - real)
    }

    private func slots(firstRow: Int, epoch: Int) -> [Slot?] {
        let ordering = ordering(epoch: epoch)
        return (0..<batchSize).map { slot(row: firstRow + $0, epoch: epoch, ordering: ordering) }
    }

    /// The slots from row `firstRow` of the endless row of passes on. A record belongs to the pass that it stands in, whose
    /// order it has, so that every pass holds each record once.
    private func rolledSlots(firstRow: Int) -> [Slot?] {
        var pass = firstRow / passLength
        var ordering = ordering(epoch: pass)
        return (firstRow..<firstRow + batchSize).map { row in
            if row / passLength != pass {
                pass = row / passLength
                ordering = self.ordering(epoch: pass)
            }
            return Slot(
                ordinal: firstRecord + ordering[row % passLength], epoch: pass, lap: 0, isPadding: false)
        }
    }

    private func ordering(epoch: Int) -> EpochOrder { EpochOrder(self, epoch: repeatsOrder ? 0 : epoch) }

    /// Rows of the epoch, from its first, that are its data.
    private func dataRows(epoch: Int) -> Int {
        if rounding == .rollOver { return .max }
        guard rounding == .carryOver, passLength > 0 else { return recordCount }
        let start = firstRow(epoch: epoch)
        return max(0, recordCount - start % passLength)
    }

    private func slot(row: Int, epoch: Int, ordering: EpochOrder) -> Slot? {
        guard recordCount > 0 else { return nil }
        let isPadding = row >= dataRows(epoch: epoch)
        switch rounding {
        case .carryOver:
            let start = firstRow(epoch: epoch)
            let position = (start + row) % passLength
            let passes = (start + row) / passLength - start / passLength
            // The filler of an evened pass goes through the records again, once or more.
            let lapsOfPass = (passLength + recordCount - 1) / recordCount
            let lap = passes * lapsOfPass + position / recordCount
            return Slot(
                ordinal: firstRecord + position % recordCount, epoch: epoch, lap: lap, isPadding: isPadding)
        case .whole:
            return Slot(
                ordinal: firstRecord + ordering[row % recordCount], epoch: epoch, lap: row / recordCount,
                isPadding: isPadding)
        case .zeroFill, .drop, .rollOver:
            guard !isPadding else { return nil }
            return Slot(ordinal: firstRecord + ordering[row], epoch: epoch, lap: 0, isPadding: false)
        }
    }

    /// Another record for a slot whose own cannot be delivered: the same one on every run.
    ///
    /// - Parameter attempt: 0 for the first substitute, and so on when that one is bad too.
    package func substitute(for slot: Slot, attempt: Int) -> Slot {
        // A slot's lap stays below 2³²: the key is never one of a sample's own.
        var random = KeyedRandom(
            seed: seed, epoch: UInt64(slot.epoch), record: UInt64(slot.ordinal), lap: 1 << 32 + UInt64(attempt))
        var result = slot
        result.ordinal = firstRecord + random.integer(0, recordCount - 1)
        return result
    }
}

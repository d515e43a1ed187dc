internal import DataTypes

/// Batches in memory that the client maps.
extension ServerSessionMachine {
    /// Whether the client keeps every batch that the stream has room for, so that it waits for the client.
    package var holdsAllSlots: Bool {
        guard let stream else { return false }
        return lentSlots.count >= stream.slabCount
    }

    /// The batch of `.sendBatch` has been sent as SLOT instead of BATCH. `batchWritten` follows.
    package mutating func lent(slot: Int) {
        lentSlots.insert(slot)
        slotEnd = max(slotEnd, slot + 1)
    }

    /// RELEASE comes whenever the client's arrays go, so in any state.
    mutating func takeBack(_ slots: [Int]) -> [Action] {
        var returned: [Int] = []
        for slot in slots {
            if lentSlots.remove(slot) != nil {
                returned.append(slot)
            } else if slot < 0 || slot >= firstSlot {
                return fail(
                    StreamError(.badFrame, "RELEASE of the slot \(slot), which the client does not have"))
            }
        }
        return returned.isEmpty ? [] : [.takeBack(slots: returned)]
    }
}

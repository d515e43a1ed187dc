import DataTypes
import NIOCore
import Transport
import Wire

/// Batches in memory that the client maps.
extension SessionHandler {
    /// Sends the batch as a slot. Its slab is filled anew when the client has released it.
    ///
    /// - Returns: false when its bytes have to be sent: it does not lie in a memory file, or the descriptor did not go over.
    func lend(_ batch: DataBatch) -> Bool {
        guard let descriptors, let file = slots?.file(of: batch.slab) else { return false }
        if !passedSlots.contains(file.number) {
            do throws(DescriptorError) {
                try descriptors.send(file.descriptor, tag: "slot \(file.number)")
            } catch {
                // A client that does not read its side channel: the next batch in this slab tries again.
                logLine(.notice, "a slot's descriptor could not be passed: \(error)")
                return false
            }
            passedSlots.insert(file.number)
        }
        lent[file.number] = batch
        unpublished.batches += 1
        unpublished.samples += UInt64(batch.layout.batchSize - batch.pad)
        unpublished.sentBytes += UInt64(batch.layout.payloadBytes)
        machine.lent(slot: file.number)
        send(.slot(SlotMessage(slot: file.number, bytes: batch.layout.payloadBytes, checksum: readyChecksum)))
        readyChecksum = nil
        run(machine.batchWritten())
        return true
    }

    /// The stream is over. The client may keep its batches: nobody writes to their memory any more.
    func dropSlots() {
        passedSlots = []
        guard !lent.isEmpty else { return }
        let batches = lent
        lent = [:]
        // Unmapping large memory is no work for an event loop.
        environment.checksumPool.submit { _ in withExtendedLifetime(batches) {} }
    }
}

internal import NIOCore
internal import Transport
internal import Wire

/// Batches in memory that the server shares.
extension ClientHandler {
    /// Says to the handler, from whatever thread, when nobody looks at a batch any more.
    private final class Lease: Sendable {
        let slot: MappedSlot
        let onEnd: @Sendable () -> Void

        init(_ slot: MappedSlot, onEnd: @escaping @Sendable () -> Void) {
            self.slot = slot
            self.onEnd = onEnd
        }

        deinit { onEnd() }
    }

    /// Does what the machine asks for when a batch has come in a slot.
    func map(_ message: SlotMessage) {
        do throws(DescriptorError) {
            guard !leasedSlots.contains(message.slot) else {
                run(machine.cannotMap(message, "its last batch has not been released"))
                return
            }
            let slot: MappedSlot
            if let known = slots[message.slot] { slot = known } else { slot = try receiveSlot(message.slot) }
            slots[message.slot] = slot
            guard let payload = slot.buffer(byteCount: message.bytes) else {
                run(machine.cannotMap(message, "it has fewer than \(message.bytes) bytes"))
                return
            }
            leasedSlots.insert(message.slot)
            let handler = NIOLoopBound(self, eventLoop: eventLoop)
            let number = message.slot
            let lease = Lease(slot) { handler.eventLoop.execute { handler.value.release(number) } }
            run(machine.mapped(message, payload, owner: lease))
        } catch {
            run(machine.cannotMap(message, "\(error)"))
        }
    }

    /// The descriptor was sent before SLOT, so it is there.
    private func receiveSlot(_ number: Int) throws(DescriptorError) -> MappedSlot {
        guard let passed = try sideChannel?.receive(timeoutMilliseconds: 0) else { throw .closed }
        guard passed.tag == "slot \(number)" else { throw .badTag }
        return try MappedSlot(passed.raw)
    }

    private func release(_ number: Int) {
        leasedSlots.remove(number)
        guard context != nil, failure == nil else { return }
        run([.send(.release(ReleaseMessage(slots: [number])))])
    }
}

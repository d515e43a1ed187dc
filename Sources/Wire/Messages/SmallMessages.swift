package import DataTypes

/// CREDIT: send so many more batches.
package struct CreditMessage: Codable, Sendable, Hashable {
    package var batches: Int

    package init(batches: Int) { self.batches = batches }
}

/// SLOT: a batch lies in memory that the client maps, instead of in a BATCH.
package struct SlotMessage: Codable, Sendable, Hashable {
    /// The number of the slot; its descriptor came over the side channel, with the text `slot NUMBER`, before its first use.
    package var slot: Int
    /// Bytes of the payload, from the slot's start.
    package var bytes: Int
    /// The payload's CRC-32 when the feature `checksum` is in effect.
    package var checksum: UInt32?

    package init(slot: Int, bytes: Int, checksum: UInt32?) {
        self.slot = slot
        self.bytes = bytes
        self.checksum = checksum
    }
}

/// RELEASE: slots that the client looks at no more.
package struct ReleaseMessage: Codable, Sendable, Hashable {
    package var slots: [Int]

    package init(slots: [Int]) { self.slots = slots }
}

/// EPOCH_END: every batch of the epoch has been sent.
package struct EpochEndMessage: Codable, Sendable, Hashable {
    package var epoch: Int
    package var steps: Int

    package init(epoch: Int, steps: Int) {
        self.epoch = epoch
        self.steps = steps
    }
}

/// SEEK: go to an address, given as such or as a resume token.
package struct SeekMessage: Codable, Sendable, Hashable {
    package var epoch: Int?
    package var step: Int?
    package var token: String?

    package init(_ address: BatchAddress) {
        epoch = address.epoch
        step = address.step
    }

    package init(token: String) { self.token = token }
}

/// POSITION: where the stream stands after a RESET or SEEK.
package struct PositionMessage: Codable, Sendable, Hashable {
    package var epoch: Int
    package var step: Int
    /// Batches of `epoch`.
    package var steps: Int

    package init(epoch: Int, step: Int, steps: Int) {
        self.epoch = epoch
        self.step = step
        self.steps = steps
    }
}

/// GOAWAY: the server is going down.
package struct GoAwayMessage: Codable, Sendable, Hashable {
    package var reason: String
    /// The connection is closed this long after the message.
    package var deadlineSeconds: Double

    enum CodingKeys: String, CodingKey {
        case reason
        case deadlineSeconds = "deadline_seconds"
    }

    package init(reason: String, deadlineSeconds: Double) {
        self.reason = reason
        self.deadlineSeconds = deadlineSeconds
    }
}

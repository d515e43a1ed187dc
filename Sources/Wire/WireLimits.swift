/// The fixed limits of the protocol (`protocol/SPEC.md` §1).
package enum WireLimits {
    package static let majorVersion = 1
    package static let minorVersion = 2
    /// Bytes of a frame's header.
    package static let headerBytes = 32
    /// Payload bytes of every frame but BATCH.
    package static let controlPayloadBytes = 1_048_576
    /// Payload bytes of a BATCH, whatever a peer accepts: what this build's buffers count in 32 bits.
    package static let batchPayloadBytes = UInt64(UInt32.max)
    /// Objects and arrays inside each other in one JSON payload.
    package static let jsonNesting = 32
    /// Batches a client may have asked for and not yet got.
    package static let creditsOutstanding = 65_536
    /// Payload bytes of PING and PONG.
    package static let pingPayloadBytes = 64
    /// Bytes of a client's name for its stream or itself.
    package static let labelBytes = 128
    /// Epochs of an address: keeps `epoch × records` inside an `Int` wherever it is formed.
    package static let epochs = 1 << 31
    /// The feature name that asks for checksums on BATCH frames.
    package static let checksumFeature = "checksum"
    /// The feature name of arrays that the client hands over.
    package static let arraysFeature = "arrays"
    /// The feature name of file descriptors beside the frames, on Unix sockets.
    package static let descriptorsFeature = "descriptors"
    /// The feature name of batches in memory that the client maps.
    package static let slotsFeature = "slots"
    /// Arrays that one connection may hand over.
    package static let arraysPerConnection = 256
    /// Bytes of an array's name.
    package static let arrayNameBytes = 64
    /// Characters of a text in ERROR and NOTICE. As JSON it takes at most six bytes for each byte, far below a frame.
    package static let textCharacters = 4096

    /// `text`, or its beginning: texts repeat what clients and files say, which may be more than a frame holds.
    static func shortened(_ text: String) -> String {
        guard text.utf8.count > textCharacters else { return text }
        let start = text.unicodeScalars.prefix(textCharacters)
        return start.endIndex == text.endIndex ? text : String(start) + "…"
    }
}

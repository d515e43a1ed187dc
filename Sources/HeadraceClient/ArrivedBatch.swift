internal import NIOCore
internal import Wire

/// A batch that has come and that nobody has asked for yet.
struct ArrivedBatch {
    let header: BatchHeader
    let payload: ByteBuffer
    /// Keeps the payload's memory, when that is a slot.
    let owner: (any AnyObject & Sendable)?
}

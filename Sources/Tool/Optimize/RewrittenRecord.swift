import ImageCodec

/// What became of one record.
struct RewrittenRecord: Sendable {
    enum Outcome: Sendable {
        /// - Parameter isResized: the picture was made smaller before.
        case rewritten(isResized: Bool)
        /// The rest has its bytes as they were. A record without a picture, like InsightFace's header record:
        case withoutPicture
        /// A picture that is no JPEG.
        case otherFormat
        /// A JPEG that cannot be decoded, or must not be rewritten.
        case kept(reason: String)
    }

    var ordinal: Int
    /// In the file that it was read from.
    var offset: UInt64
    var payload: [UInt8]
    /// The number in its header, if it has one.
    var id: UInt64?
    var outcome: Outcome
}

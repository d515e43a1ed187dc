/// Which channels a decoded picture has.
package enum ColourMode: Sendable, Equatable {
    /// One channel: the Y plane of a JPEG, a weighted sum (.299, .587, .114) of other colours.
    case gray
    /// Three channels, blue first. Gray is repeated, transparency dropped.
    case bgr
    /// As the file has them: one, three, or four (BGRA) when it has transparency. Never more than 8 bits a sample.
    case unchanged
}

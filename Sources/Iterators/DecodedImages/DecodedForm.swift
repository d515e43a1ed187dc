import Augmentation
import ImageCodec

/// How images are decoded before they are kept. Images of equal form are equal to the bit.
struct DecodedForm: Hashable, Sendable {
    let colour: ColourMode
    let maxPixels: Int
    let toleratesTruncation: Bool
    /// Images are kept as this leaves them; nil: as they were decoded.
    let resize: FixedResize?
}

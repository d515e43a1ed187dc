import Augmentation
import ImageCodec

/// How images are decoded before they are kept. Images of equal form are equal to the bit.
struct DecodedForm: Hashable, Sendable {
    let colour: ColourMode
    let maxPixels: Int
    let toleratesTruncation: Bool
    /// Whether a picture is turned upright by its EXIF tag also when it begins as JFIF.
    let turnsJFIF: Bool
    /// Images are kept as this leaves them; nil: as they were decoded.
    let resize: FixedResize?
}

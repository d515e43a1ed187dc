import Augmentation
import ImageCodec

/// What happens to a picture on its way into a record.
struct PictureTreatment: Sendable {
    enum Encoding: String, Sendable, CaseIterable {
        case jpeg = ".jpg"
        case png = ".png"
    }

    /// The file's bytes are stored as they are; nothing else below applies.
    var isPassedThrough = false
    var isCropped = false
    /// Length of the shorter side, in pixels.
    var resize: Int?
    var interpolation = Interpolation.linear
    var colour = ColourMode.bgr
    var encoding = Encoding.jpeg
    /// JPEG quality, 0…100, or the effort of PNG, where more than 9 is 9.
    var quality = 95
}

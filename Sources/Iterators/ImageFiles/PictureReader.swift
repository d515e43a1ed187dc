import Augmentation
import DataTypes
import ImageCodec

/// Size and pixels of the image in a worker's buffer.
///
/// Follows MXNet 1.9.1 `mx.image.imdecode`: colour, and turned upright by the EXIF tag only when the file does not begin as
/// JFIF.
struct PictureReader: Sendable {
    let limits: ImageLimits
    let toleratesTruncation: Bool

    /// The size that decoding will give, from the header alone.
    func size(_ image: LabelledImage, scratch: RecordImageScratch) throws(ImageError) -> (width: Int, height: Int) {
        if let size = scratch.decodedSize { return size }
        let header = try scratch.imageHeader(at: image.imageOffset)
        return header.startsWithJFIF ? (header.width, header.height) : header.uprightSize
    }

    /// Decodes into the scratch's pixels, or at least the part that is needed of the image.
    func decode(_ image: LabelledImage, needed: PixelRect? = nil, scratch: RecordImageScratch) throws(ImageError) {
        let header = try scratch.imageHeader(at: image.imageOffset)
        try scratch.decode(
            imageAt: image.imageOffset, as: .bgr, limits: limits, toleratesTruncation: toleratesTruncation,
            applyingOrientation: !header.startsWithJFIF,
            window: needed.map { ImageWindow(x: $0.x, y: $0.y, width: $0.width, height: $0.height) })
    }
}

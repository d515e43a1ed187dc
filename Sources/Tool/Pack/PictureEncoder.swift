import Augmentation
import DataTypes
import ImageCodec

/// Turns picture files into the pictures of records. One thread owns it and uses it for picture after picture.
///
/// Follows MXNet 1.9.1 `tools/im2rec.py`, `image_encode`: crop, then resize (bilinear unless told otherwise, enlarging too), then encode.
final class PictureEncoder {
    /// OpenCV's own limit is four times this; a picture of this size takes 768 MiB.
    private static let maxPixels = 1 << 28

    private let treatment: PictureTreatment
    private var decoder = ImageDecoder(limits: ImageLimits(maxPixels: PictureEncoder.maxPixels))
    private var resampler = Resampler()
    private var decoded = PixelBuffer()
    private var fitted = PixelBuffer()

    init(_ treatment: PictureTreatment) { self.treatment = treatment }

    /// The treated picture of a file's bytes.
    func encode(_ bytes: [UInt8]) throws(PictureFault) -> [UInt8] {
        if treatment.isPassedThrough { return bytes }
        do throws(ImageError) {
            // A UInt8 has no padding that could be read uninitialised.
            try decoder.decode(unsafe bytes.span.bytes, as: colour(of: bytes), into: &decoded)
        } catch {
            throw .image(error)
        }
        let part = treatment.isCropped ? centre : PixelRect(width: decoded.width, height: decoded.height)
        let size = try size(of: part)
        do throws(ImageError) {
            if part.width == decoded.width, part.height == decoded.height, size == (part.width, part.height) {
                return try encode(decoded)
            }
            resampler.resample(
                decoded, part: part, outputWidth: size.width, outputHeight: size.height,
                kernel: treatment.interpolation,
                into: &fitted)
            return try encode(fitted)
        } catch {
            throw .image(error)
        }
    }

    /// JPEG has no transparency: OpenCV's encoder drops it too.
    private func colour(of bytes: [UInt8]) throws(ImageError) -> ColourMode {
        guard treatment.colour == .unchanged, treatment.encoding == .jpeg else { return treatment.colour }
        // As above.
        return try ImageHeader(of: unsafe bytes.span.bytes).channels == 4 ? .bgr : .unchanged
    }

    /// The largest square in the middle.
    private var centre: PixelRect {
        let side = min(decoded.width, decoded.height)
        return PixelRect(x: (decoded.width - side) / 2, y: (decoded.height - side) / 2, width: side, height: side)
    }

    /// A long and narrow picture becomes huge when its shorter side grows, hence the check.
    private func size(of part: PixelRect) throws(PictureFault) -> (width: Int, height: Int) {
        guard let shorter = treatment.resize else { return (part.width, part.height) }
        let size =
            part.height > part.width
            ? (width: shorter, height: part.height * shorter / part.width)
            : (width: part.width * shorter / part.height, height: shorter)
        let sides = 1...65_500
        guard sides.contains(size.width), sides.contains(size.height), size.width * size.height <= Self.maxPixels else {
            throw .impossibleSize(width: size.width, height: size.height)
        }
        return size
    }

    private func encode(_ image: borrowing PixelBuffer) throws(ImageError) -> [UInt8] {
        switch treatment.encoding {
        case .jpeg: try JPEGEncoder(quality: treatment.quality).encode(image)
        case .png: try PNGEncoder(level: treatment.quality).encode(image)
        }
    }
}

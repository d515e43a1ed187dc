import Augmentation
import DataTypes
import ImageCodec
import RecordIO

/// Rewrites the pictures of records. One thread owns it and uses it for record after record.
final class RecordRewriter {
    /// As for packing.
    private static let limits = ImageLimits(maxPixels: 1 << 28)
    /// Bytes that a record can hold.
    private static let maxPayloadBytes = (1 << 29) - 1

    private let shorterSide: Int?
    // Gray pictures stay gray.
    private let colourEncoder: PictureEncoder
    private let grayEncoder: PictureEncoder
    private var optimizer: JPEGOptimizer

    /// - Parameters:
    ///   - resizing: what happens to pictures whose shorter side is longer than its `resize`.
    init(restarts: JPEGRestarts, resizing: PictureTreatment) {
        shorterSide = resizing.resize
        var treatment = resizing
        treatment.colour = .bgr
        colourEncoder = PictureEncoder(treatment)
        treatment.colour = .gray
        grayEncoder = PictureEncoder(treatment)
        optimizer = JPEGOptimizer(restarts: restarts, limits: Self.limits)
    }

    /// The record with its picture rewritten, or as it is.
    func rewrite(_ record: RecordFeed.Record) -> RewrittenRecord {
        // A UInt8 has no padding that could be read uninitialised.
        let payload = unsafe record.payload.span.bytes
        var result = RewrittenRecord(
            ordinal: record.ordinal, offset: record.offset, payload: record.payload, id: nil, outcome: .withoutPicture)
        guard let header = try? ImageRecordHeader(parsing: payload) else { return result }
        result.id = header.id
        let image = payload.extracting(header.imageOffset...)
        do throws(ImageError) {
            guard try ImageFormat(of: image) == .jpeg else {
                result.outcome = .otherFormat
                return result
            }
        } catch {
            if case .unsupportedFormat = error { result.outcome = .otherFormat }
            return result
        }
        do throws(PictureFault) {
            let (picture, isResized) = try rewrite(image)
            guard header.imageOffset + picture.count <= Self.maxPayloadBytes else {
                throw .tooLarge(byteCount: picture.count)
            }
            result.payload = Array(record.payload[..<header.imageOffset]) + picture
            result.outcome = .rewritten(isResized: isResized)
        } catch {
            result.outcome = .kept(reason: "\(error)")
        }
        return result
    }

    private func rewrite(_ image: RawSpan) throws(PictureFault) -> (picture: [UInt8], isResized: Bool) {
        let smaller = try resized(image)
        do throws(ImageError) {
            guard let smaller else { return (try optimizer.optimize(image), false) }
            // A UInt8 has no padding that could be read uninitialised.
            return (try optimizer.optimize(unsafe smaller.span.bytes), true)
        } catch {
            throw .image(error)
        }
    }

    /// The picture with a shorter side of `shorterSide`, upright; nil when it is no larger.
    private func resized(_ image: RawSpan) throws(PictureFault) -> [UInt8]? {
        guard let shorterSide else { return nil }
        let header: ImageHeader
        do throws(ImageError) { header = try ImageHeader(of: image) } catch { throw .image(error) }
        guard min(header.width, header.height) > shorterSide else { return nil }
        // Copied while the record is there.
        let bytes = unsafe image.withUnsafeBytes { unsafe Array($0) }
        return try (header.channels == 1 ? grayEncoder : colourEncoder).encode(bytes)
    }
}

import Augmentation
import DataTypes
import ImageCodec
import RecordIO

/// What one worker keeps between images: buffers and decoders, shared by all streams.
final class RecordImageScratch {
    var record = RecordBuffer()
    var pixels = PixelBuffer()
    /// Where in the image `pixels` begins.
    private(set) var origin = (x: 0, y: 0)
    /// The image of the record that was asked for last, when it is a kept one: it takes the place of `record` and `pixels`.
    var decoded: DecodedImage?
    /// The pixels of that image, when it is one on disk.
    private var stored = PixelBuffer()
    private var resampler = Resampler()
    private var decoder: ImageDecoder?
    private var decoderKey: (limits: ImageLimits, tolerant: Bool)?

    init() {}

    /// Decodes the record's image, which begins at `offset` of the payload, or at least the window of it.
    func decode(
        imageAt offset: Int, as mode: ColourMode, limits: ImageLimits, toleratesTruncation: Bool,
        applyingOrientation: Bool = true, precision: DecodePrecision = .exact, window: ImageWindow? = nil
    ) throws(ImageError) {
        // Streams rarely differ in limits; when they do, the decoder is made anew.
        if decoderKey?.limits != limits || decoderKey?.tolerant != toleratesTruncation {
            decoder = ImageDecoder(limits: limits, toleratesDamage: toleratesTruncation)
            decoderKey = (limits, toleratesTruncation)
        }
        origin = try decoder!.decode(
            record, at: offset, as: mode, applyingOrientation: applyingOrientation, precision: precision,
            window: window,
            into: &pixels)
    }

    /// The size that the kept image in the place of `pixels` had when it was decoded.
    var decodedSize: (width: Int, height: Int)? { decoded.map { ($0.sourceWidth, $0.sourceHeight) } }

    /// Lends the pixels and where in the image they begin, and lets go of a kept image.
    func withPixels<E: Error>(
        _ body: (borrowing PixelBuffer, _ origin: (x: Int, y: Int)) throws(E) -> Void
    ) throws(E) {
        guard let image = decoded else { return try body(pixels, origin) }
        defer { decoded = nil }
        if image.block == nil { try body(image.pixels, (0, 0)) } else { try body(stored, (0, 0)) }
    }

    /// Takes a kept image in the place of record and pixels.
    ///
    /// - Returns: false when it is on disk and cannot be read.
    func take(_ image: DecodedImage) -> Bool {
        if let block = image.block {
            stored.reshape(width: image.width, height: image.height, channels: image.channels)
            guard block.read(into: &stored) else { return false }
        }
        decoded = image
        return true
    }

    /// Makes an image to be kept of the pixels, which are the whole image of the record with this header.
    ///
    /// - Parameter store: where its pixels go; nil: they stay in memory.
    /// - Returns: nil when they could not be written.
    func keep(
        _ header: ImageRecordHeader, resize: SamplePlan.Resize?, room: DecodedImage.Room, store: DecodedStore?
    ) -> DecodedImage? {
        let (width, height) = (pixels.width, pixels.height)
        var kept = PixelBuffer(
            width: resize?.width ?? width, height: resize?.height ?? height, channels: pixels.channels)
        if let resize {
            resampler.resample(
                pixels, outputWidth: resize.width, outputHeight: resize.height, kernel: resize.kernel, into: &kept)
        } else {
            kept.copy(pixels)
        }
        let labels = (0..<Int(header.flag)).map { label($0, header) }
        if let store {
            guard
                let block = store.write(
                    kept, memoryBytes: DecodedImage.overheadBytes(labelCount: labels.count))
            else { return nil }
            decoded = DecodedImage(
                header: header, labels: labels, sourceWidth: width, sourceHeight: height, written: kept, to: block,
                room: room)
            stored = kept
        } else {
            decoded = DecodedImage(
                header: header, labels: labels, sourceWidth: width, sourceHeight: height, pixels: kept, room: room)
        }
        return decoded
    }

    /// The header of the record itself.
    func recordHeader() throws(RecordFault) -> ImageRecordHeader { try ImageRecordHeader(of: record) }

    /// Label `position` of the record, which `header` was parsed from.
    func label(_ position: Int, _ header: ImageRecordHeader) -> Float {
        decoded?.label(position) ?? header.label(position, of: record)
    }

    /// What the header of the record's image says.
    func imageHeader(at offset: Int) throws(ImageError) -> ImageHeader {
        try ImageHeader(in: record, at: offset)
    }
}

// A span taken from a class's property may not outlive the expression that reads it; from a borrowed parameter it may.

extension ImageDecoder {
    fileprivate mutating func decode(
        _ record: borrowing RecordBuffer, at offset: Int, as mode: ColourMode, applyingOrientation: Bool,
        precision: DecodePrecision, window: ImageWindow?, into pixels: inout PixelBuffer
    ) throws(ImageError) -> (x: Int, y: Int) {
        try decode(
            record.bytes.extracting(offset...), as: mode, applyingOrientation: applyingOrientation,
            precision: precision, window: window, into: &pixels)
    }
}

extension ImageRecordHeader {
    fileprivate init(of record: borrowing RecordBuffer) throws(RecordFault) { try self.init(parsing: record.bytes) }

    fileprivate func label(_ position: Int, of record: borrowing RecordBuffer) -> Float {
        label(position, of: record.bytes)
    }
}

extension ImageHeader {
    fileprivate init(in record: borrowing RecordBuffer, at offset: Int) throws(ImageError) {
        try self.init(of: record.bytes.extracting(offset...))
    }
}

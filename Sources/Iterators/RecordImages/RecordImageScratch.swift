import DataTypes
import ImageCodec
import RecordIO

/// What one worker keeps between images: buffers and decoders, shared by all streams.
final class RecordImageScratch {
    var record = RecordBuffer()
    var pixels = PixelBuffer()
    /// Where in the image `pixels` begins.
    private(set) var origin = (x: 0, y: 0)
    private var decoder: ImageDecoder?
    private var decoderKey: (limits: ImageLimits, tolerant: Bool)?

    init() {}

    /// Decodes the record's image, which begins at `offset` of the payload, or at least the window of it.
    func decode(
        imageAt offset: Int, as mode: ColourMode, limits: ImageLimits, toleratesTruncation: Bool,
        applyingOrientation: Bool = true, window: ImageWindow? = nil
    ) throws(ImageError) {
        // Streams rarely differ in limits; when they do, the decoder is made anew.
        if decoderKey?.limits != limits || decoderKey?.tolerant != toleratesTruncation {
            decoder = ImageDecoder(limits: limits, toleratesDamage: toleratesTruncation)
            decoderKey = (limits, toleratesTruncation)
        }
        origin = try decoder!.decode(
            record, at: offset, as: mode, applyingOrientation: applyingOrientation, window: window, into: &pixels)
    }

    /// The header of the record itself.
    func recordHeader() throws(RecordFault) -> ImageRecordHeader { try ImageRecordHeader(of: record) }

    /// Label `position` of the record, which `header` was parsed from.
    func label(_ position: Int, _ header: ImageRecordHeader) -> Float { header.label(position, of: record) }

    /// What the header of the record's image says.
    func imageHeader(at offset: Int) throws(ImageError) -> ImageHeader {
        try ImageHeader(in: record, at: offset)
    }
}

// A span taken from a class's property may not outlive the expression that reads it; from a borrowed parameter it may.

extension ImageDecoder {
    fileprivate mutating func decode(
        _ record: borrowing RecordBuffer, at offset: Int, as mode: ColourMode, applyingOrientation: Bool,
        window: ImageWindow?, into pixels: inout PixelBuffer
    ) throws(ImageError) -> (x: Int, y: Int) {
        try decode(
            record.bytes.extracting(offset...), as: mode, applyingOrientation: applyingOrientation, window: window,
            into: &pixels)
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

import DataTypes
import ImageCodec
import RecordIO

/// A record as it stands in a .rec file, taken apart.
struct PackedRecord: Equatable {
    var offset: UInt64
    var header: ImageRecordHeader
    var labels: [Float]
    var image: [UInt8]

    /// All records of a file, in order.
    static func all(in path: String) throws -> [PackedRecord] {
        var reader = RecordReader(file: try RecordFile(path: path))
        var buffer = RecordBuffer()
        var records: [PackedRecord] = []
        while try reader.next(into: &buffer) {
            let header = try ImageRecordHeader(parsing: buffer.bytes)
            let labels = (0..<header.labelCount).map { header.label($0, of: buffer.bytes) }
            // Copied while the buffer is lent.
            let image = unsafe buffer.withUnsafeBytes { unsafe Array($0[header.imageOffset...]) }
            records.append(PackedRecord(offset: reader.recordOffset, header: header, labels: labels, image: image))
        }
        return records
    }

    /// Width, height, channels and pixels of the image, with the channels it has.
    func decoded() throws -> (size: [Int], pixels: [UInt8]) {
        var decoder = ImageDecoder()
        var buffer = PixelBuffer()
        // A UInt8 has no padding that could be read uninitialised.
        try decoder.decode(unsafe image.span.bytes, as: .unchanged, into: &buffer)
        let pixels = unsafe buffer.withUnsafeBytes { unsafe Array($0) }
        return ([buffer.width, buffer.height, buffer.channels], pixels)
    }
}

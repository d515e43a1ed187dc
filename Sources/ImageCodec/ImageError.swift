/// Why bytes did not become pixels, or pixels did not become bytes. Every case is about one picture; the decoder that
/// threw it is good for the next.
package enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There are no bytes at all.
    case empty
    /// A known format, or a variant of one, that is not decoded here.
    case unsupportedFormat(String)
    /// No known format begins like this. Carries up to eight leading bytes.
    case unrecognised(leadingBytes: [UInt8])
    /// The bytes break their format, or were damaged: a wrong checksum, left-over data, an impossible value.
    case corrupt(ImageFormat, reason: String)
    /// The bytes end before the picture does.
    case truncated(ImageFormat, reason: String)
    /// The picture claims more pixels than the limit; nothing was decoded.
    case tooManyPixels(width: Int, height: Int, limit: Int)
    /// A progressive JPEG with more scans than the limit; each costs a pass over the whole picture.
    case tooManyScans(limit: Int)
    /// Pixels of this shape cannot be encoded in this format.
    case cannotEncode(ImageFormat, width: Int, height: Int, channels: Int)
    case outOfMemory

    package var description: String {
        switch self {
        case .empty:
            "the image has no bytes"
        case .unsupportedFormat(let name):
            "\(name) images are not supported; convert them to JPEG, PNG or BMP"
        case .unrecognised(let leadingBytes):
            "not an image: begins with \(leadingBytes.map(Self.hex).joined(separator: " ")), expected JPEG, PNG or BMP"
        case .corrupt(let format, let reason):
            "corrupt \(format): \(reason)"
        case .truncated(let format, let reason):
            "truncated \(format): \(reason)"
        case .tooManyPixels(let width, let height, let limit):
            "\(width)×\(height) pixels are over the limit of \(limit); raise limits.max_pixels if the image is genuine"
        case .tooManyScans(let limit):
            "JPEG has more than \(limit) scans"
        case .cannotEncode(let format, let width, let height, let channels):
            "cannot encode \(width)×\(height) pixels with \(channels) channels as \(format)"
        case .outOfMemory:
            "no memory for the image"
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

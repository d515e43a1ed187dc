/// The formats that are decoded, told apart by their first bytes: file names lie, and records have none.
package enum ImageFormat: Sendable, Equatable, CustomStringConvertible {
    case jpeg, png, bmp

    package var description: String {
        switch self {
        case .jpeg: "JPEG"
        case .png: "PNG"
        case .bmp: "BMP"
        }
    }

    /// - Throws: `.empty`, `.unsupportedFormat` for formats that are only recognised, `.unrecognised` for the rest.
    package init(of bytes: RawSpan) throws(ImageError) {
        if bytes.isEmpty { throw .empty }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0x42, 0x4D]) {
            self = .bmp
        } else if let name = Self.nameOfUnsupported(bytes) {
            throw .unsupportedFormat(name)
        } else {
            throw .unrecognised(leadingBytes: (0..<min(8, bytes.byteCount)).compactMap { bytes.byte(at: $0) })
        }
    }

    private static func nameOfUnsupported(_ bytes: RawSpan) -> String? {
        if bytes.starts(with: [0x47, 0x49, 0x46, 0x38]) { return "GIF" }
        if bytes.starts(with: [0x49, 0x49, 0x2A, 0x00]) || bytes.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
            return "TIFF"
        }
        let webp: [UInt8] = [0x57, 0x45, 0x42, 0x50]
        if bytes.starts(with: [0x52, 0x49, 0x46, 0x46]) && bytes.starts(with: webp, at: 8) { return "WebP" }
        if bytes.starts(with: [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50]) { return "JPEG 2000" }
        let ftyp: [UInt8] = [0x66, 0x74, 0x79, 0x70]
        if bytes.starts(with: ftyp, at: 4) { return "HEIF or AVIF" }
        return nil
    }
}

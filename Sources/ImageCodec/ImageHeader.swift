/// What a picture's first bytes say about it. Reading it touches no pixel data and allocates nothing.
package struct ImageHeader: Sendable, Equatable {
    package let format: ImageFormat
    /// As stored, before `orientation` is applied.
    package let width: Int
    /// As stored, before `orientation` is applied.
    package let height: Int
    /// What `.unchanged` delivers: 1 gray, 3 BGR, 4 BGRA.
    package let channels: Int
    /// Bits of a sample, or of a palette index.
    package let bitDepth: Int
    /// From EXIF; `.upright` for all but JPEG.
    package let orientation: Orientation
    /// A JPEG whose first segment is JFIF. `mx.image.imdecode` ignores the orientation of such files.
    package let startsWithJFIF: Bool
    /// A JPEG in several refining scans, or an interlaced PNG.
    package let isProgressive: Bool
    /// How many times fewer chroma samples than pixels a JPEG has, across and down: (2, 2) is 4:2:0.
    package let chromaReduction: (across: Int, down: Int)

    /// Width and height after `orientation`.
    package var uprightSize: (width: Int, height: Int) {
        orientation.swapsSides ? (height, width) : (width, height)
    }

    /// Whether it can be decoded at a fraction of its size.
    package var isReducible: Bool { format == .jpeg && orientation == .upright }

    /// - Throws: as `ImageFormat.init(of:)`; `.corrupt` and `.truncated` when the header cannot be read.
    package init(of bytes: RawSpan) throws(ImageError) {
        let format = try ImageFormat(of: bytes)
        self.format = format
        switch format {
        case .jpeg:
            let header = try JPEGHeader(of: bytes)
            (width, height, bitDepth) = (header.width, header.height, header.bitDepth)
            channels = header.components == 1 ? 1 : 3
            orientation = header.orientation
            startsWithJFIF = header.startsWithJFIF
            isProgressive = header.isProgressive
            chromaReduction = header.chromaReduction
        case .png:
            let header = try PNGHeader(of: bytes)
            (width, height, bitDepth) = (header.width, header.height, header.bitDepth)
            channels = header.channels
            (orientation, startsWithJFIF, isProgressive) = (.upright, false, header.isInterlaced)
            chromaReduction = (1, 1)
        case .bmp:
            let header = try BMPHeader(of: bytes)
            (width, height, bitDepth) = (header.width, header.height, header.bitsPerPixel)
            channels = header.isGray(in: bytes) ? 1 : 3
            (orientation, startsWithJFIF, isProgressive) = (.upright, false, false)
            chromaReduction = (1, 1)
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.format == right.format && left.width == right.width && left.height == right.height
            && left.channels == right.channels && left.bitDepth == right.bitDepth
            && left.orientation == right.orientation && left.startsWithJFIF == right.startsWithJFIF
            && left.isProgressive == right.isProgressive && left.chromaReduction == right.chromaReduction
    }
}

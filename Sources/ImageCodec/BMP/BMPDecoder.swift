import DataTypes

/// Decodes uncompressed Windows bitmaps.
///
/// - Note: Colour to gray follows OpenCV 3.4: .299, .587 and .114 with 14 fractional bits.
enum BMPDecoder {
    /// - Throws: as `BMPHeader.init(of:)`; `.tooManyPixels`; `.truncated` when rows or palette entries are missing;
    ///   `.corrupt` when a pixel names a palette entry that does not exist.
    static func decode(
        _ bytes: RawSpan, as mode: ColourMode, limits: ImageLimits, into target: inout PixelBuffer
    ) throws(ImageError) {
        let header = try BMPHeader(of: bytes)
        try limits.check(width: header.width, height: header.height)
        // Within the limit on pixels neither factor nor product comes near overflowing.
        let end = header.pixelOffset + header.rowBytes * header.height
        guard end <= bytes.byteCount else {
            throw .truncated(.bmp, reason: "\(bytes.byteCount) bytes of \(end)")
        }
        guard header.pixelOffset >= header.paletteOffset + 4 * header.paletteCount else {
            throw .corrupt(.bmp, reason: "the pixels begin within the header")
        }

        let channels =
            switch mode {
            case .gray: 1
            case .bgr: 3
            case .unchanged: header.isGray(in: bytes) ? 1 : 3
            }
        target.reshape(width: header.width, height: header.height, channels: channels)
        var pixels = target.mutablePixels
        for y in 0..<header.height {
            let storedRow = header.isTopDown ? y : header.height - 1 - y
            let rowStart = header.pixelOffset + storedRow * header.rowBytes
            let row = bytes.extracting(rowStart..<rowStart + header.rowBytes)
            var output = y * header.width * channels
            for x in 0..<header.width {
                let (blue, green, red) = try pixel(x, of: row, header, palette: bytes)
                if channels == 3 {
                    pixels[output] = blue
                    pixels[output + 1] = green
                    pixels[output + 2] = red
                } else {
                    pixels[output] = gray(blue, green, red)
                }
                output += channels
            }
        }
    }

    private static func pixel(
        _ x: Int, of row: RawSpan, _ header: BMPHeader, palette bytes: RawSpan
    ) throws(ImageError) -> (blue: UInt8, green: UInt8, red: UInt8) {
        let colour: RawSpan
        let offset: Int
        if header.paletteCount > 0 {
            let bit = x * header.bitsPerPixel
            // The leftmost pixel is in the highest bits.
            let shift = 8 - header.bitsPerPixel - bit % 8
            let index = Int(row.byte(at: bit / 8) ?? 0) >> shift & (1 << header.bitsPerPixel - 1)
            guard index < header.paletteCount else {
                throw .corrupt(.bmp, reason: "a pixel names palette entry \(index) of \(header.paletteCount)")
            }
            (colour, offset) = (bytes, header.paletteOffset + 4 * index)
        } else {
            (colour, offset) = (row, x * header.bitsPerPixel / 8)
        }
        // Row and palette were found complete before the first pixel.
        guard let blue = colour.byte(at: offset), let green = colour.byte(at: offset + 1),
            let red = colour.byte(at: offset + 2)
        else { throw .truncated(.bmp, reason: "a pixel is missing") }
        return (blue, green, red)
    }

    private static func gray(_ blue: UInt8, _ green: UInt8, _ red: UInt8) -> UInt8 {
        UInt8(truncatingIfNeeded: (Int(blue) * 1868 + Int(green) * 9617 + Int(red) * 4899 + 1 << 13) >> 14)
    }
}

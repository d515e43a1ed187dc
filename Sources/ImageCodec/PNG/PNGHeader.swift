/// A PNG's header chunk, and whether transparency comes before the pixels.
struct PNGHeader {
    let width: Int
    let height: Int
    let bitDepth: Int
    let isInterlaced: Bool
    /// 1, 3, or 4 when there is an alpha channel or coloured pixels have a transparent colour, as in OpenCV 3.4.
    let channels: Int

    /// - Throws: `.truncated` when the bytes end before the pixels; `.corrupt` when the header is impossible.
    init(of bytes: RawSpan) throws(ImageError) {
        let header = 16
        guard let width = bytes.uint32(at: header, bigEndian: true),
            let height = bytes.uint32(at: header + 4, bigEndian: true),
            let bitDepth = bytes.byte(at: header + 8), let colourType = bytes.byte(at: header + 9),
            let interlace = bytes.byte(at: header + 12)
        else { throw .truncated(.png, reason: "the bytes end within the header") }
        guard bytes.starts(with: [0x49, 0x48, 0x44, 0x52], at: 12) else {
            throw .corrupt(.png, reason: "the first chunk is not IHDR")
        }
        guard width > 0 && height > 0 && width <= Int32.max && height <= Int32.max else {
            throw .corrupt(.png, reason: "width or height is impossible")
        }
        self.width = Int(width)
        self.height = Int(height)
        self.bitDepth = Int(bitDepth)
        isInterlaced = interlace != 0
        switch colourType {
        case 0: channels = 1
        case 2, 3: channels = try Self.hasTransparency(bytes) ? 4 : 3
        case 4, 6: channels = 4
        default: throw .corrupt(.png, reason: "the colour type is \(colourType)")
        }
    }

    /// Looks for a `tRNS` chunk before the first `IDAT`.
    private static func hasTransparency(_ bytes: RawSpan) throws(ImageError) -> Bool {
        var offset = 33
        while let length = bytes.uint32(at: offset, bigEndian: true), offset <= bytes.byteCount - 8 {
            if bytes.starts(with: [0x49, 0x44, 0x41, 0x54], at: offset + 4) { return false }
            if bytes.starts(with: [0x74, 0x52, 0x4E, 0x53], at: offset + 4) { return true }
            // A length is below 2³², so this cannot overflow.
            offset += 12 + Int(length)
        }
        throw .truncated(.png, reason: "the bytes end before the pixels")
    }
}

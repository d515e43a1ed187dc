/// The file header, information header and palette of a Windows bitmap.
///
///     offset  size  field
///          0     2  "BM"
///         10     4  where the pixels begin
///         14     4  size of the information header: 40 or more (12 in OS/2 files, which are not read)
///         18     4  width
///         22     4  height; negative when the first row is the topmost
///         28     2  bits of a pixel
///         30     4  compression: 0 none, 3 bit masks (read when they are those of plain BGR)
///         46     4  palette entries used; 0 means all
struct BMPHeader {
    let width: Int
    let height: Int
    let isTopDown: Bool
    /// 1, 4 or 8 (palette), 24 or 32 (BGR, the fourth byte unused).
    let bitsPerPixel: Int
    let pixelOffset: Int
    let paletteOffset: Int
    /// Entries of four bytes: blue, green, red, unused.
    let paletteCount: Int

    /// Bytes of a stored row, which is padded to a multiple of four.
    var rowBytes: Int { (width * bitsPerPixel + 31) / 32 * 4 }

    /// - Throws: `.truncated`, `.corrupt`; `.unsupportedFormat` for OS/2, 16-bit, compressed and other rare variants.
    init(of bytes: RawSpan) throws(ImageError) {
        guard let pixelOffset = bytes.uint32(at: 10, bigEndian: false),
            let headerBytes = bytes.uint32(at: 14, bigEndian: false)
        else { throw .truncated(.bmp, reason: "the bytes end within the header") }
        guard headerBytes >= 40 else { throw .unsupportedFormat("OS/2 BMP") }
        guard let width = bytes.uint32(at: 18, bigEndian: false), let height = bytes.uint32(at: 22, bigEndian: false),
            let bitsPerPixel = bytes.uint16(at: 28, bigEndian: false),
            let compression = bytes.uint32(at: 30, bigEndian: false),
            let coloursUsed = bytes.uint32(at: 46, bigEndian: false)
        else { throw .truncated(.bmp, reason: "the bytes end within the header") }

        let rows = Int(Int32(bitPattern: height))
        guard width > 0 && width <= Int32.max && rows != 0 else {
            throw .corrupt(.bmp, reason: "width or height is impossible")
        }
        self.width = Int(width)
        self.height = abs(rows)
        self.pixelOffset = Int(pixelOffset)
        self.bitsPerPixel = Int(bitsPerPixel)
        isTopDown = rows < 0
        paletteOffset = 14 + Int(headerBytes)
        switch (bitsPerPixel, compression) {
        case (1, 0), (4, 0), (8, 0):
            let all = 1 << Int(bitsPerPixel)
            paletteCount = coloursUsed == 0 ? all : min(all, Int(coloursUsed))
        case (24, 0), (32, 0):
            paletteCount = 0
        case (32, 3):
            // The masks follow the 40 bytes of the basic header, or are the next fields of a longer one: same place.
            guard bytes.uint32(at: 54, bigEndian: false) == 0xFF_0000, bytes.uint32(at: 58, bigEndian: false) == 0xFF00,
                bytes.uint32(at: 62, bigEndian: false) == 0xFF
            else { throw .unsupportedFormat("BMP with unusual bit masks") }
            paletteCount = 0
        case (_, 0):
            throw .unsupportedFormat("\(bitsPerPixel)-bit BMP")
        default:
            throw .unsupportedFormat("compressed BMP")
        }
    }

    /// Whether every palette entry is a gray; false without a palette.
    func isGray(in bytes: RawSpan) -> Bool {
        guard paletteCount > 0 else { return false }
        for index in 0..<paletteCount {
            let entry = paletteOffset + 4 * index
            guard let blue = bytes.byte(at: entry), bytes.byte(at: entry + 1) == blue,
                bytes.byte(at: entry + 2) == blue
            else { return false }
        }
        return true
    }
}

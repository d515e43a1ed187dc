/// Writes Windows bitmaps for the tests.
enum TestBMP {
    /// - Parameters:
    ///   - rows: top to bottom, packed as stored, without padding.
    ///   - palette: blue, green, red.
    static func make(
        width: Int, height: Int, bitsPerPixel: Int, rows: [[UInt8]], palette: [[UInt8]] = [], isTopDown: Bool = false,
        compression: UInt32 = 0, masks: [UInt32] = []
    ) -> [UInt8] {
        let pixelOffset = 54 + 4 * palette.count + 4 * masks.count
        var bytes: [UInt8] = [0x42, 0x4D] + word(0) + word(0) + word(UInt32(pixelOffset))
        bytes += word(40) + word(UInt32(width)) + word(UInt32(bitPattern: Int32(isTopDown ? -height : height)))
        bytes += [1, 0, UInt8(bitsPerPixel), 0] + word(compression) + word(0) + word(0) + word(0)
        bytes += word(UInt32(palette.count)) + word(0)
        for mask in masks { bytes += word(mask) }
        for entry in palette { bytes += entry + [0] }
        for row in isTopDown ? rows : rows.reversed() {
            bytes += row + [UInt8](repeating: 0xEE, count: (4 - row.count % 4) % 4)
        }
        return bytes
    }

    static func make(_ picture: Picture, isTopDown: Bool = false) -> [UInt8] {
        let rowBytes = picture.width * 3
        let rows = (0..<picture.height).map { Array(picture.pixels[$0 * rowBytes..<($0 + 1) * rowBytes]) }
        return make(
            width: picture.width, height: picture.height, bitsPerPixel: 24, rows: rows, isTopDown: isTopDown)
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

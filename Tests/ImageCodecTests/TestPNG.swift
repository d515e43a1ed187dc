/// Writes the kinds of PNG that the encoder does not: any depth and colour type, palettes, interlacing. Nothing is
/// compressed.
enum TestPNG {
    /// - Parameter rows: top to bottom, packed as PNG stores them. Interlaced pictures need whole bytes per pixel.
    static func make(
        width: Int, height: Int, bitDepth: UInt8, colourType: UInt8, rows: [[UInt8]], palette: [UInt8] = [],
        transparency: [UInt8] = [], isInterlaced: Bool = false, extraChunks: [[UInt8]] = []
    ) -> [UInt8] {
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        bytes += chunk(
            "IHDR",
            word(UInt32(width)) + word(UInt32(height)) + [bitDepth, colourType, 0, 0, isInterlaced ? 1 : 0])
        if !palette.isEmpty { bytes += chunk("PLTE", palette) }
        if !transparency.isEmpty { bytes += chunk("tRNS", transparency) }
        for extra in extraChunks { bytes += extra }
        let lines = isInterlaced ? interlaced(width: width, height: height, rows) : rows
        bytes += chunk("IDAT", stored(lines.flatMap { [0] + $0 }))
        return bytes + chunk("IEND", [])
    }

    static func chunk(_ type: String, _ body: [UInt8]) -> [UInt8] {
        let covered = Array(type.utf8) + body
        return word(UInt32(body.count)) + covered + word(crc(covered))
    }

    /// Writes the right checksum into every chunk that is whole. Leaves other files alone.
    static func reseal(_ bytes: inout [UInt8]) {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return }
        var start = 8
        while start + 12 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = start + 8 + length
            guard end + 4 <= bytes.count else { return }
            bytes.replaceSubrange(end..<end + 4, with: word(crc(Array(bytes[start + 4..<end]))))
            start = end + 4
        }
    }

    /// The rows of the seven passes of Adam7, one after another.
    private static func interlaced(width: Int, height: Int, _ rows: [[UInt8]]) -> [[UInt8]] {
        let pixelBytes = rows[0].count / width
        let passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        return passes.flatMap { firstX, firstY, stepX, stepY -> [[UInt8]] in
            guard firstX < width else { return [] }
            return stride(from: firstY, to: height, by: stepY).map { y in
                stride(from: firstX, to: width, by: stepX).flatMap { rows[y][$0 * pixelBytes..<($0 + 1) * pixelBytes] }
            }
        }
    }

    /// A zlib stream of one stored block.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let (low, high) = (UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8))
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return [0x78, 0x01, 0x01, low, high, ~low, ~high] + bytes + word(b << 16 | a)
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}

import ImageCodec

/// Builds and rebuilds JPEGs, marker by marker.
enum TestJPEG {
    static func encoded(_ picture: Picture, quality: Int = 90) -> [UInt8] {
        // A picture of the tests can always be encoded.
        // swift-format-ignore: NeverUseForceTry
        try! JPEGEncoder(quality: quality).encode(picture.buffer)
    }

    static func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 0xFF)] + body
    }

    static func inserting(_ segments: [UInt8]..., after offset: Int = 2, in jpeg: [UInt8]) -> [UInt8] {
        Array(jpeg[..<offset]) + segments.flatMap { $0 } + Array(jpeg[offset...])
    }

    /// Without the JFIF segment that encoders put first.
    static func withoutJFIF(_ jpeg: [UInt8]) -> [UInt8] {
        Array(jpeg[..<2]) + Array(jpeg[20...])
    }

    /// An APP1 segment with one tag in its directory.
    static func exif(tag: UInt16 = 0x0112, value: UInt16, bigEndian: Bool) -> [UInt8] {
        func two(_ value: UInt16) -> [UInt8] {
            let bytes = [UInt8(value >> 8), UInt8(value & 0xFF)]
            return bigEndian ? bytes : bytes.reversed()
        }
        func four(_ value: UInt16) -> [UInt8] { bigEndian ? two(0) + two(value) : two(value) + two(0) }
        let start: [UInt8] = bigEndian ? [0x4D, 0x4D] : [0x49, 0x49]
        let directory = two(1) + two(tag) + two(3) + four(1) + two(value) + two(0) + four(0)
        return segment(0xE1, Array("Exif\0\0".utf8) + start + two(42) + four(8) + directory)
    }

    /// A progressive picture of 8×8 gray (or colour) pixels, of `scans` scans that all say the same: no difference
    /// from middle gray. Repeating a first scan at full precision breaks no rule.
    static func repeatedScans(_ scans: Int, components: Int = 1) -> [UInt8] {
        var bytes: [UInt8] = [0xFF, 0xD8] + segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
        let parts = (1...components).flatMap { [UInt8($0), 0x11, 0] as [UInt8] }
        bytes += segment(0xC2, [8, 0, 8, 0, 8, UInt8(components)] + parts)
        // A DC table with the one code 0, for "difference of zero bits".
        bytes += segment(0xC4, [0, 1] + [UInt8](repeating: 0, count: 15) + [0])
        for _ in 0..<scans { bytes += segment(0xDA, [1, 1, 0, 0, 0, 0]) + [0x7F] }
        return bytes + [0xFF, 0xD9]
    }
}

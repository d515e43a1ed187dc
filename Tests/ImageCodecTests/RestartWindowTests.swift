import DataTypes
import Testing

@testable import ImageCodec

/// Restart markers lead to a window past what nobody needs, and only when all of them are in their places.
@Suite("windows by restart markers")
struct RestartWindowTests {
    /// 7 × 9 MCUs, and 21 segments of three.
    private static let jpeg = RandomJPEG(
        sampling: [(2, 2), (1, 1), (1, 1)], width: 110, height: 140, restartInterval: 3)
    private static let windows = [
        ImageWindow(x: 0, y: 0, width: 20, height: 20), ImageWindow(x: 90, y: 0, width: 20, height: 140),
        ImageWindow(x: 40, y: 66, width: 30, height: 9), ImageWindow(x: 5, y: 120, width: 100, height: 20),
        ImageWindow(x: 64, y: 139, width: 1, height: 1),
    ]

    private static func decode(_ bytes: [UInt8], _ window: ImageWindow? = nil) throws(ImageError) -> Picture {
        var decoder = ImageDecoder()
        var target = PixelBuffer()
        // `bytes` outlives the call.
        try unsafe decoder.decode(bytes.span.bytes, as: .bgr, window: window, into: &target)
        return Picture(target)
    }

    /// Where the restart markers stand.
    static func markers(in bytes: [UInt8]) -> [Int] {
        let scan = bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA } ?? 0
        return bytes.indices.dropLast().filter { $0 > scan && bytes[$0] == 0xFF && bytes[$0 + 1] & 0xF8 == 0xD0 }
    }

    @Test("damage beside a window does not matter to it: it is not even read", arguments: [0, 10, 19])
    func notRead(segment: Int) throws {
        let bytes = Self.jpeg.encoded(seed: 1)
        let markers = Self.markers(in: bytes)
        #expect(markers.count == 20)
        var broken = bytes
        // Codes that no table has, up to the next marker.
        for place in markers[segment] + 2..<(segment + 1 < 20 ? markers[segment + 1] : bytes.count - 2) {
            broken[place] = 0xFE
        }
        #expect(throws: ImageError.self) { try Self.decode(broken) }
        // Segment s + 1 has the MCUs 3s + 3 ..< 3s + 6, of 16 pixels, seven a row.
        let damaged = (3 * segment + 3..<3 * segment + 6).map { (column: $0 % 7, row: $0 / 7) }
        var accepted = 0
        for row in 0..<9 {
            for column in 0..<7 {
                let window = ImageWindow(
                    x: 16 * column + 2, y: 16 * row + 2, width: min(12, 108 - 16 * column),
                    height: min(12, 138 - 16 * row))
                if damaged.contains(where: { $0.column == column && $0.row == row }) {
                    #expect(throws: ImageError.self) { try Self.decode(broken, window) }
                } else if let part = try? Self.decode(broken, window) {
                    #expect(part == (try Self.decode(bytes, window)))
                    accepted += 1
                }
            }
        }
        // All but those whose neighbours, which upsampling looks at, are damaged or come before them in a segment.
        #expect(accepted > 40)
    }

    @Test("a marker with another number, one too few and one too many are found, whatever the window")
    func hostileMarkers() {
        let bytes = Self.jpeg.encoded(seed: 2)
        for (position, marker) in Self.markers(in: bytes).enumerated() {
            var broken: [[UInt8]] = []
            for number in 0..<8 where number != position % 8 {
                broken.append(bytes)
                broken[number < position % 8 ? number : number - 1][marker + 1] = 0xD0 + UInt8(number)
            }
            broken.append(Array(bytes[..<marker] + bytes[(marker + 2)...]))
            broken.append(Array(bytes[..<marker] + [0xFF, 0xD0 + UInt8(position % 8)] + bytes[marker...]))
            for bytes in broken {
                for window in Self.windows {
                    #expect(throws: ImageError.self) { try Self.decode(bytes, window) }
                }
            }
        }
    }

    @Test("eight segments that are missing, so that all numbers are right, are found")
    func missingSegments() {
        let bytes = Self.jpeg.encoded(seed: 3)
        let markers = Self.markers(in: bytes)
        for first in 0..<12 {
            let shorter = Array(bytes[..<markers[first]] + bytes[markers[first + 8]...])
            for window in Self.windows {
                #expect(throws: ImageError.self) { try Self.decode(shorter, window) }
            }
        }
    }

    @Test("cut anywhere, no window is accepted of a picture that is not")
    func cutAnywhere() {
        let bytes = Self.jpeg.encoded(seed: 4)
        for count in stride(from: 0, to: bytes.count - 2, by: 41) {
            let cut = Array(bytes[..<count])
            for window in Self.windows {
                #expect(throws: ImageError.self) { try Self.decode(cut, window) }
            }
        }
    }
}

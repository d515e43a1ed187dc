import DataTypes
import Testing

@testable import ImageCodec

@Suite("orientation")
struct OrientationTests {
    /// Where the stored pixel `(x, y)` of a `width × height` picture belongs in the upright one, by EXIF's definition
    /// of what the first row and column are.
    private static func upright(
        _ x: Int, _ y: Int, _ width: Int, _ height: Int, _ orientation: Orientation
    ) -> (Int, Int) {
        switch orientation {
        case .upright: (x, y)
        case .mirrored: (width - 1 - x, y)
        case .rotated180: (width - 1 - x, height - 1 - y)
        case .flippedVertically: (x, height - 1 - y)
        case .transposed: (y, x)
        case .rotated90Clockwise: (height - 1 - y, x)
        case .antiTransposed: (height - 1 - y, width - 1 - x)
        case .rotated90CounterClockwise: (y, width - 1 - x)
        }
    }

    @Test("every stored pixel lands where EXIF says", arguments: Orientation.allCases, [(1, 1), (5, 3), (2, 7)])
    func places(orientation: Orientation, size: (Int, Int)) {
        for channels in [1, 3] {
            let stored = Picture.pattern(size.0, size.1, channels)
            var target = PixelBuffer()
            target.assign(stored.buffer, turnedBy: orientation)
            let turned = Picture(target)
            for y in 0..<size.1 {
                for x in 0..<size.0 {
                    let (toX, toY) = Self.upright(x, y, size.0, size.1, orientation)
                    #expect(turned[toX, toY] == stored[x, y])
                }
            }
        }
    }

    @Test("the tag is honoured in both byte orders", arguments: Orientation.allCases, [true, false])
    func tag(orientation: Orientation, bigEndian: Bool) throws {
        let plain = TestJPEG.encoded(.slopes(24, 16, 3))
        let tagged = TestJPEG.inserting(
            TestJPEG.exif(value: orientation.rawValue, bigEndian: bigEndian), after: 20, in: plain)
        #expect(try header(tagged).orientation == orientation)
        #expect(try header(tagged).uprightSize == (orientation.swapsSides ? (16, 24) : (24, 16)))
        for mode in [ColourMode.bgr, .gray] {
            let stored = try decode(plain, as: mode)
            var target = PixelBuffer()
            target.assign(stored.buffer, turnedBy: orientation)
            #expect(try decode(tagged, as: mode) == Picture(target))
            #expect(try decode(tagged, as: mode, applyingOrientation: false) == stored)
        }
        #expect(try decode(tagged, as: .unchanged) == decode(plain, as: .unchanged))
    }

    @Test("a value outside 1…8, another tag and a cut block all mean upright")
    func brokenBlocks() throws {
        let plain = TestJPEG.encoded(.slopes(24, 16, 1))
        for value in [0, 9, 65_535] as [UInt16] {
            let tagged = TestJPEG.inserting(TestJPEG.exif(value: value, bigEndian: true), in: plain)
            #expect(try header(tagged).orientation == .upright)
        }
        let other = TestJPEG.inserting(TestJPEG.exif(tag: 0x0100, value: 6, bigEndian: false), in: plain)
        #expect(try header(other).orientation == .upright)
        // The value ends 26 bytes into the segment: "Exif", the TIFF header, the count, ten bytes of the entry.
        let content = Array(TestJPEG.exif(value: 6, bigEndian: false)[4...])
        for length in 0...content.count {
            let cut = TestJPEG.inserting(TestJPEG.segment(0xE1, Array(content[..<length])), in: plain)
            let expected: Orientation = length >= 26 ? .rotated90Clockwise : .upright
            #expect(try header(cut).orientation == expected, "\(length) bytes")
        }
    }

    @Test("an XMP segment before the EXIF segment does not hide it")
    func afterXMP() throws {
        let xmp = TestJPEG.segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8))
        let exif = TestJPEG.exif(value: 8, bigEndian: true)
        let bytes = TestJPEG.inserting(xmp, exif, in: TestJPEG.encoded(.slopes(24, 16, 1)))
        #expect(try header(bytes).orientation == .rotated90CounterClockwise)
    }

    @Test("a tag behind the frame header counts too: the header promises the size that the decoder delivers")
    func behindFrame() throws {
        let plain = TestJPEG.encoded(.slopes(24, 16, 3))
        let scan = try #require(plain.indices.dropLast().first { plain[$0] == 0xFF && plain[$0 + 1] == 0xDA })
        let tagged = TestJPEG.inserting(TestJPEG.exif(value: 6, bigEndian: true), after: scan, in: plain)
        #expect(try header(tagged).uprightSize == (16, 24))
        let picture = try decode(tagged, as: .bgr)
        #expect((picture.width, picture.height) == (16, 24))
    }

    @Test("the header tells files that begin with JFIF from those that begin with EXIF")
    func firstSegment() throws {
        let plain = TestJPEG.encoded(.slopes(24, 16, 1))
        #expect(try header(plain).startsWithJFIF)
        let exif = TestJPEG.exif(value: 6, bigEndian: true)
        #expect(try header(TestJPEG.inserting(exif, after: 20, in: plain)).startsWithJFIF)
        #expect(try !header(TestJPEG.inserting(exif, in: TestJPEG.withoutJFIF(plain))).startsWithJFIF)
    }
}

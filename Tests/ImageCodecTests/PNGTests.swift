import DataTypes
import Testing

@testable import ImageCodec

@Suite("PNG")
struct PNGTests {
    @Test("encoding loses nothing", arguments: [1, 3, 4], [(1, 1), (7, 5), (64, 33)])
    func roundTrip(channels: Int, size: (Int, Int)) throws {
        let picture = Picture.pattern(size.0, size.1, channels)
        for level in [0, 1, 9] {
            #expect(try decode(PNGEncoder(level: level).encode(picture.buffer), as: .unchanged) == picture)
        }
    }

    @Test("colour drops transparency, gray weighs the colours")
    func modes() throws {
        let bytes = try PNGEncoder().encode(Picture(2, 1, 4, [10, 20, 30, 0, 200, 100, 50, 255]).buffer)
        #expect(try decode(bytes, as: .bgr) == Picture(2, 1, 3, [10, 20, 30, 200, 100, 50]))
        // .299 red + .587 green + .114 blue = 21.85 and 96.45, which the library rounds down.
        #expect(try decode(bytes, as: .gray) == Picture(2, 1, 1, [21, 96]))
    }

    @Test("gray of fewer than 8 bits is spread over 0…255")
    func lowDepth() throws {
        let oneBit = TestPNG.make(width: 3, height: 1, bitDepth: 1, colourType: 0, rows: [[0b1010_0000]])
        #expect(try decode(oneBit, as: .gray) == Picture(3, 1, 1, [255, 0, 255]))
        #expect(try decode(oneBit, as: .unchanged) == Picture(3, 1, 1, [255, 0, 255]))
        let fourBits = TestPNG.make(width: 3, height: 1, bitDepth: 4, colourType: 0, rows: [[0x1F, 0x80]])
        #expect(try decode(fourBits, as: .bgr) == Picture(3, 1, 3, [17, 17, 17, 255, 255, 255, 136, 136, 136]))
    }

    @Test("16-bit samples keep their high byte")
    func highDepth() throws {
        let gray = TestPNG.make(width: 2, height: 1, bitDepth: 16, colourType: 0, rows: [[0x12, 0xFF, 0xFE, 0x00]])
        #expect(try decode(gray, as: .unchanged) == Picture(2, 1, 1, [0x12, 0xFE]))
        let colour = TestPNG.make(width: 1, height: 1, bitDepth: 16, colourType: 2, rows: [[1, 99, 2, 99, 3, 99]])
        #expect(try decode(colour, as: .bgr) == Picture(1, 1, 3, [3, 2, 1]))
    }

    @Test("palettes become colours, with transparency when it is asked for")
    func palette() throws {
        let palette: [UInt8] = [1, 2, 3, 40, 50, 60]
        let opaque = TestPNG.make(
            width: 2, height: 1, bitDepth: 2, colourType: 3, rows: [[0b0100_0000]], palette: palette)
        #expect(try decode(opaque, as: .unchanged) == Picture(2, 1, 3, [60, 50, 40, 3, 2, 1]))
        let transparent = TestPNG.make(
            width: 2, height: 1, bitDepth: 8, colourType: 3, rows: [[1, 0]], palette: palette, transparency: [77])
        #expect(try decode(transparent, as: .bgr) == Picture(2, 1, 3, [60, 50, 40, 3, 2, 1]))
        #expect(try decode(transparent, as: .unchanged) == Picture(2, 1, 4, [60, 50, 40, 255, 3, 2, 1, 77]))
    }

    @Test("gray with transparency is gray, colour, or colour with transparency")
    func grayAlpha() throws {
        let bytes = TestPNG.make(width: 2, height: 1, bitDepth: 8, colourType: 4, rows: [[9, 1, 200, 2]])
        #expect(try decode(bytes, as: .gray) == Picture(2, 1, 1, [9, 200]))
        #expect(try decode(bytes, as: .bgr) == Picture(2, 1, 3, [9, 9, 9, 200, 200, 200]))
        #expect(try decode(bytes, as: .unchanged) == Picture(2, 1, 4, [9, 9, 9, 1, 200, 200, 200, 2]))
    }

    @Test("interlacing changes nothing", arguments: [(1, 1), (2, 3), (9, 11), (16, 16)])
    func interlaced(width: Int, height: Int) throws {
        let picture = Picture.pattern(width, height, 3)
        let rows = (0..<height).map { y in (0..<width).flatMap { picture[$0, y].reversed() } }
        let bytes = TestPNG.make(
            width: width, height: height, bitDepth: 8, colourType: 2, rows: rows, isInterlaced: true)
        #expect(try decode(bytes, poison: 0xAA) == picture)
        #expect(try header(bytes).isProgressive)
    }

    @Test("an animation gives its first picture")
    func animation() throws {
        let control = TestPNG.chunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0])
        let bytes = TestPNG.make(
            width: 1, height: 1, bitDepth: 8, colourType: 0, rows: [[42]], extraChunks: [control])
        #expect(try decode(bytes, as: .gray) == Picture(1, 1, 1, [42]))
    }

    @Test("a wrong checksum is an error, in a text chunk too")
    func checksums() throws {
        var text = TestPNG.chunk("tEXt", Array("Comment\0hello".utf8))
        let good = TestPNG.make(width: 1, height: 1, bitDepth: 8, colourType: 0, rows: [[42]], extraChunks: [text])
        #expect(throws: Never.self) { try decode(good) }
        text[12] ^= 1
        let bad = TestPNG.make(width: 1, height: 1, bitDepth: 8, colourType: 0, rows: [[42]], extraChunks: [text])
        #expect(throws: ImageError.self) { try decode(bad) }
    }

    @Test("a small file that claims a huge picture is refused before memory is taken")
    func hugeClaims() {
        let bytes = TestPNG.make(width: 65_535, height: 65_535, bitDepth: 8, colourType: 2, rows: [[1, 2, 3]])
        #expect(throws: ImageError.tooManyPixels(width: 65_535, height: 65_535, limit: 1 << 26)) {
            try decode(bytes, limits: ImageLimits())
        }
        let smaller = TestPNG.make(width: 20_000, height: 20_000, bitDepth: 8, colourType: 2, rows: [[1, 2, 3]])
        #expect(throws: ImageError.truncated(.png, reason: "the file is too short for its size in pixels")) {
            try decode(smaller, limits: ImageLimits(maxPixels: .max))
        }
    }

    @Test("shapes that PNG cannot hold are refused", arguments: [(0, 5, 3), (5, 0, 1), (1_000_001, 1, 1), (4, 4, 2)])
    func unencodable(width: Int, height: Int, channels: Int) {
        var buffer = PixelBuffer()
        buffer.reshape(width: width, height: height, channels: channels)
        var thrown: ImageError?
        do throws(ImageError) { _ = try PNGEncoder().encode(buffer) } catch { thrown = error }
        #expect(thrown == .cannotEncode(.png, width: width, height: height, channels: channels))
    }
}

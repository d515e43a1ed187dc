import Testing

@testable import ImageCodec

@Suite("BMP")
struct BMPTests {
    @Test("24-bit rows come in either order, padded", arguments: [1, 2, 3, 4, 5], [true, false])
    func colour(width: Int, isTopDown: Bool) throws {
        let picture = Picture.pattern(width, 3, 3)
        #expect(try decode(TestBMP.make(picture, isTopDown: isTopDown)) == picture)
    }

    @Test("the fourth byte of a 32-bit pixel is dropped", arguments: [0, 3] as [UInt32])
    func fourBytes(compression: UInt32) throws {
        let bytes = TestBMP.make(
            width: 2, height: 1, bitsPerPixel: 32, rows: [[1, 2, 3, 99, 4, 5, 6, 98]], compression: compression,
            masks: compression == 3 ? [0xFF_0000, 0xFF00, 0xFF] : [])
        #expect(try decode(bytes, as: .unchanged) == Picture(2, 1, 3, [1, 2, 3, 4, 5, 6]))
    }

    @Test("palettes of 1, 4 and 8 bits", arguments: [(1, [0b0110_0000]), (4, [0x01, 0x10]), (8, [0, 1, 1])])
    func palettes(bits: Int, row: [UInt8]) throws {
        let bytes = TestBMP.make(
            width: 3, height: 1, bitsPerPixel: bits, rows: [row], palette: [[1, 2, 3], [40, 50, 60]])
        #expect(try decode(bytes, as: .unchanged) == Picture(3, 1, 3, [1, 2, 3, 40, 50, 60, 40, 50, 60]))
    }

    @Test("a palette of grays is a gray picture")
    func grayPalette() throws {
        let bytes = TestBMP.make(
            width: 2, height: 1, bitsPerPixel: 8, rows: [[1, 0]], palette: [[7, 7, 7], [250, 250, 250]])
        #expect(try decode(bytes, as: .unchanged) == Picture(2, 1, 1, [250, 7]))
        #expect(try header(bytes).channels == 1)
        #expect(try decode(bytes, as: .bgr) == Picture(2, 1, 3, [250, 250, 250, 7, 7, 7]))
    }

    @Test("gray weighs the colours")
    func gray() throws {
        let bytes = TestBMP.make(Picture(3, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255]))
        #expect(try decode(bytes, as: .gray) == Picture(3, 1, 1, [29, 150, 76]))
    }

    @Test("an index outside the palette is an error")
    func wildIndex() {
        let bytes = TestBMP.make(
            width: 1, height: 1, bitsPerPixel: 8, rows: [[2]], palette: [[1, 2, 3], [40, 50, 60]])
        #expect(throws: ImageError.corrupt(.bmp, reason: "a pixel names palette entry 2 of 2")) { try decode(bytes) }
    }

    @Test("what is not read says so")
    func unsupported() {
        let compressed = TestBMP.make(width: 1, height: 1, bitsPerPixel: 8, rows: [[0]], compression: 1)
        #expect(throws: ImageError.unsupportedFormat("compressed BMP")) { try decode(compressed) }
        let sixteen = TestBMP.make(width: 1, height: 1, bitsPerPixel: 16, rows: [[0, 0]])
        #expect(throws: ImageError.unsupportedFormat("16-bit BMP")) { try decode(sixteen) }
        let masked = TestBMP.make(
            width: 1, height: 1, bitsPerPixel: 32, rows: [[0, 0, 0, 0]], compression: 3,
            masks: [0xFF, 0xFF00, 0xFF_0000])
        #expect(throws: ImageError.unsupportedFormat("BMP with unusual bit masks")) { try decode(masked) }
    }

    @Test("sizes that would overflow are refused", arguments: [Int32.max, Int32.min, -1])
    func wildSizes(height: Int32) {
        var bytes = TestBMP.make(.pattern(4, 4, 3))
        for index in 0..<4 {
            bytes[18 + index] = UInt8(truncatingIfNeeded: Int32.max >> (8 * Int32(index)))
            bytes[22 + index] = UInt8(truncatingIfNeeded: height >> (8 * Int32(index)))
        }
        #expect(throws: ImageError.self) { try decode(bytes, limits: ImageLimits(maxPixels: .max)) }
    }
}

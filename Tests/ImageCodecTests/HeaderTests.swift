import Testing

@testable import ImageCodec

@Suite("headers")
struct HeaderTests {
    @Test("size, channels and layout of a JPEG")
    func jpeg() throws {
        let colour = try header(JPEGFixture.interleaved420.bytes)
        #expect((colour.format, colour.width, colour.height, colour.channels) == (.jpeg, 13, 10, 3))
        #expect(colour.chromaReduction == (2, 2))
        #expect(colour.bitDepth == 8 && !colour.isProgressive)
        #expect(try header(JPEGFixture.progressive420.bytes).isProgressive)
        #expect(try header(JPEGFixture.adobeCMYK.bytes).channels == 3)
        #expect(try header(TestJPEG.encoded(.slopes(9, 4, 1))).channels == 1)
    }

    @Test("channels are what an unchanged decode gives")
    func agreement() throws {
        var files = JPEGFixture.all.map(\.bytes)
        for channels in [1, 3, 4] { files.append(try PNGEncoder().encode(Picture.pattern(5, 6, channels).buffer)) }
        for (type, row) in [(0, [7]), (2, [1, 2, 3]), (3, [0]), (4, [1, 2]), (6, [1, 2, 3, 4])] as [(UInt8, [UInt8])] {
            for transparency in [[], [0], [0, 0], [0, 0, 0, 0, 0, 0]] as [[UInt8]] {
                let fits: [UInt8: Int] = [0: 2, 2: 6, 3: 1]
                guard transparency.isEmpty || transparency.count == fits[type] else { continue }
                files.append(
                    TestPNG.make(
                        width: 1, height: 1, bitDepth: 8, colourType: type, rows: [row],
                        palette: type == 3 ? [1, 2, 3] : [], transparency: transparency))
            }
        }
        files.append(TestBMP.make(.pattern(3, 2, 3)))
        for bytes in files {
            let header = try header(bytes)
            let picture = try decode(bytes, as: .unchanged)
            #expect((header.width, header.height, header.channels) == (picture.width, picture.height, picture.channels))
        }
    }

    @Test(
        "other formats are named",
        arguments: [
            ("GIF", "GIF89a"), ("TIFF", "II*\0"), ("TIFF", "MM\0*"), ("WebP", "RIFF1234WEBPVP8 "),
            ("HEIF or AVIF", "\0\0\0\u{1C}ftypavif"), ("JPEG 2000", "\0\0\0\u{0C}jP  "),
        ])
    func otherFormats(name: String, start: String) {
        #expect(throws: ImageError.unsupportedFormat(name)) { try header(Array(start.utf8)) }
        #expect(throws: ImageError.unsupportedFormat(name)) { try decode(Array(start.utf8)) }
    }

    @Test("no bytes, and bytes of nothing known")
    func nothing() {
        #expect(throws: ImageError.empty) { try decode([]) }
        #expect(throws: ImageError.unrecognised(leadingBytes: [1, 2, 3])) { try decode([1, 2, 3]) }
        let message = ImageError.unrecognised(leadingBytes: [1, 0xAB]).description
        #expect(message == "not an image: begins with 01 ab, expected JPEG, PNG or BMP")
    }
}

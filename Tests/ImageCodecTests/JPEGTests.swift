import DataTypes
import Testing

@testable import ImageCodec

@Suite("JPEG")
struct JPEGTests {
    @Test("pixels are those of an independent decoder", arguments: JPEGFixture.all)
    func exactPixels(fixture: JPEGFixture) throws {
        let bgr = try decode(fixture.bytes, as: .bgr)
        let gray = try decode(fixture.bytes, as: .gray)
        #expect((bgr.width, bgr.height, bgr.channels) == (13, 10, 3))
        #expect((gray.width, gray.height, gray.channels) == (13, 10, 1))
        #expect(bgr.hash == fixture.bgrHash)
        #expect(gray.hash == fixture.grayHash)
        #expect(try decode(fixture.bytes, as: .unchanged) == bgr)
    }

    @Test("encoding and decoding keeps the picture nearly", arguments: [1, 3], [(1, 1), (8, 8), (33, 17), (100, 75)])
    func roundTrip(channels: Int, size: (Int, Int)) throws {
        let picture = Picture.slopes(size.0, size.1, channels)
        let result = try decode(TestJPEG.encoded(picture, quality: 100), as: .unchanged)
        #expect((result.width, result.height, result.channels) == (size.0, size.1, channels))
        let worst = zip(result.pixels, picture.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(worst <= 4)
    }

    @Test("a gray file asked for as colour repeats its one channel")
    func grayAsColour() throws {
        let bytes = TestJPEG.encoded(.slopes(20, 10, 1))
        let gray = try decode(bytes, as: .gray)
        #expect(try decode(bytes, as: .bgr).pixels == gray.pixels.flatMap { [$0, $0, $0] })
    }

    @Test("lower quality makes smaller files; quality outside 1…100 is the nearest end")
    func quality() {
        let picture = Picture.pattern(64, 64, 3)
        let sizes = [5, 50, 95].map { TestJPEG.encoded(picture, quality: $0).count }
        #expect(sizes == sizes.sorted() && Set(sizes).count == 3)
        #expect(TestJPEG.encoded(picture, quality: -7) == TestJPEG.encoded(picture, quality: 1))
        #expect(TestJPEG.encoded(picture, quality: 900) == TestJPEG.encoded(picture, quality: 100))
    }

    @Test("shapes that JPEG cannot hold are refused", arguments: [(0, 5, 3), (5, 0, 1), (65_501, 1, 1), (4, 4, 4)])
    func unencodable(width: Int, height: Int, channels: Int) {
        var buffer = PixelBuffer()
        buffer.reshape(width: width, height: height, channels: channels)
        let expected = ImageError.cannotEncode(.jpeg, width: width, height: height, channels: channels)
        var thrown: ImageError?
        do throws(ImageError) { _ = try JPEGEncoder().encode(buffer) } catch { thrown = error }
        #expect(thrown == expected)
    }

    @Test("a file without tables decodes the same whatever was decoded before")
    func noHistory() throws {
        // Drops the quantisation tables (two segments behind SOI and JFIF).
        let whole = TestJPEG.encoded(.slopes(16, 16, 3))
        let withoutTables = Array(whole[..<20]) + Array(whole[(20 + 69 + 69)...])
        #expect(whole[20...21] == [0xFF, 0xDB] && withoutTables[20...21] == [0xFF, 0xC0])
        var decoder = ImageDecoder()
        _ = try decode(whole, as: .bgr, with: &decoder)
        #expect(throws: ImageError.self) { _ = try decode(withoutTables, as: .bgr, with: &decoder) }
        #expect(throws: ImageError.self) { _ = try decode(withoutTables, as: .bgr) }
        #expect(try decode(whole, as: .bgr, with: &decoder) == decode(whole, as: .bgr))
    }

    @Test("a picture of one scan that lacks only its end marker is whole")
    func missingEnd() throws {
        let whole = JPEGFixture.interleaved420.bytes
        #expect(try decode(Array(whole.dropLast(2))) == decode(whole))
    }

    @Test(
        "pictures of several scans and arithmetic-coded ones must have their end marker",
        arguments: [JPEGFixture.progressive420, .arithmetic420, .progressiveArithmetic420])
    func missingEndMarker(fixture: JPEGFixture) {
        let bytes = Array(fixture.bytes.dropLast(2))
        #expect(throws: ImageError.truncated(.jpeg, reason: "the end-of-image marker is missing")) {
            try decode(bytes)
        }
    }

    @Test("an arithmetic-coded picture cut anywhere is refused as truncated")
    func cutArithmetic() throws {
        let whole = JPEGFixture.arithmetic420.bytes
        // Behind the frame header; before it, a cut is a fault of the header.
        let scan = try #require(whole.indices.first { whole[$0] == 0xFF && whole[$0 + 1] == 0xDA })
        for count in scan + 14..<whole.count {
            let error = #expect(throws: ImageError.self) { try decode(Array(whole[..<count])) }
            guard case .truncated(.jpeg, _)? = error else {
                Issue.record("\(count) of \(whole.count) bytes: \(error.map { "\($0)" } ?? "accepted")")
                continue
            }
        }
    }

    @Test("bytes behind the end marker do not matter")
    func tail() throws {
        let whole = JPEGFixture.interleaved420.bytes
        #expect(try decode(whole + [1, 2, 3, 0xFF, 0xD8, 0xFF]) == decode(whole))
    }

    @Test("where damage is tolerated, a truncated picture repeats its last row")
    func tolerated() throws {
        let bytes = TestJPEG.encoded(.pattern(64, 64, 3))
        let cut = Array(bytes[..<(bytes.count * 6 / 10)])
        #expect(throws: ImageError.truncated(.jpeg, reason: "the file ends early")) { try decode(cut) }
        let picture = try decode(cut, toleratesDamage: true)
        let whole = try decode(bytes)
        let rowBytes = 64 * 3
        let rows = (0..<64).map { Array(picture.pixels[$0 * rowBytes..<($0 + 1) * rowBytes]) }
        let firstRepeat = try #require((1..<64).first { rows[$0] == rows[$0 - 1] })
        #expect(firstRepeat > 16 && firstRepeat < 48)
        #expect(picture.pixels[..<(firstRepeat * rowBytes)] == whole.pixels[..<(firstRepeat * rowBytes)])
        #expect(rows[firstRepeat...].allSatisfy { $0 == rows[firstRepeat - 1] })
    }

    @Test("scans up to the limit decode, one more is refused")
    func scanBomb() throws {
        let limits = ImageLimits(maxScans: 100)
        let middleGray = Picture(8, 8, 1, [UInt8](repeating: 128, count: 64))
        #expect(try decode(TestJPEG.repeatedScans(100), as: .gray, limits: limits) == middleGray)
        #expect(throws: ImageError.tooManyScans(limit: 100)) {
            try decode(TestJPEG.repeatedScans(101), as: .gray, limits: limits)
        }
    }

    @Test("a progressive picture without data for a component is refused")
    func missingComponent() {
        #expect(throws: ImageError.corrupt(.jpeg, reason: "a component has no data")) {
            try decode(TestJPEG.repeatedScans(1, components: 3))
        }
    }

    @Test("kinds of JPEG that are not read say so", arguments: [0xC3, 0xC5, 0xCB, 0xCD] as [UInt8])
    func unsupportedProcesses(marker: UInt8) throws {
        var bytes = JPEGFixture.interleaved420.bytes
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes[frame + 1] = marker
        let error = try #require(throws: ImageError.self) { try decode(bytes) }
        #expect(error.description.contains("images are not supported"))
    }

    @Test("a small file that claims a huge picture is refused before memory is taken")
    func hugeClaims() {
        var bytes = JPEGFixture.interleaved420.bytes
        let frame = bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 } ?? 0
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
        #expect(throws: ImageError.tooManyPixels(width: 65_500, height: 65_500, limit: 1 << 26)) {
            try decode(bytes, limits: ImageLimits())
        }
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x4E, 0x20, 0x4E, 0x20])
        #expect(throws: ImageError.truncated(.jpeg, reason: "there are fewer bits than blocks")) {
            try decode(bytes, limits: ImageLimits(maxPixels: .max))
        }
        // Over the format's own limit in the library.
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(throws: ImageError.self) { try decode(bytes, limits: ImageLimits(maxPixels: .max)) }
    }
}

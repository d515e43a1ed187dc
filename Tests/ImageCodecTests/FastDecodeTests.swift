import DataTypes
import Foundation
import Testing

@testable import ImageCodec

/// JPEGs decoded near enough, and at a fraction of their size.
@Suite("fast decoding")
struct FastDecodeTests {
    static let reductions = [1, 2, 4, 8]

    private static func decode(
        _ bytes: [UInt8], as mode: ColourMode = .bgr, _ precision: DecodePrecision, window: ImageWindow? = nil,
        with decoder: inout ImageDecoder
    ) throws(ImageError) -> (picture: Picture, origin: [Int]) {
        var target = PixelBuffer()
        // `bytes` outlives the call.
        let origin = try unsafe decoder.decode(
            bytes.span.bytes, as: mode, precision: precision, window: window, into: &target)
        return (Picture(target), [origin.x, origin.y])
    }

    private static func verdict(
        _ bytes: [UInt8], _ precision: DecodePrecision, window: ImageWindow? = nil, with decoder: inout ImageDecoder
    ) -> ImageError? {
        do throws(ImageError) {
            _ = try decode(bytes, precision, window: window, with: &decoder)
            return nil
        } catch {
            return error
        }
    }

    /// The mean of each `reduction × reduction` pixels; at the edges of those that there are.
    private static func averaged(_ picture: Picture, _ reduction: Int) -> Picture {
        let (width, height) = DecodePrecision.fast(reduction: reduction).reduced((picture.width, picture.height))
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let columns = x * reduction..<min(picture.width, (x + 1) * reduction)
                let rows = y * reduction..<min(picture.height, (y + 1) * reduction)
                for channel in 0..<picture.channels {
                    var sum = 0
                    for row in rows { for column in columns { sum += Int(picture[column, row][channel]) } }
                    let count = rows.count * columns.count
                    pixels.append(UInt8((sum + count / 2) / count))
                }
            }
        }
        return Picture(width, height, picture.channels, pixels)
    }

    /// Peak signal to noise ratio in decibels.
    private static func likeness(_ left: Picture, _ right: Picture) -> Double {
        var sum = 0.0
        for index in left.pixels.indices {
            let difference = Double(left.pixels[index]) - Double(right.pixels[index])
            sum += difference * difference
        }
        return 10 * log10(255 * 255 * Double(left.pixels.count) / max(sum, 1))
    }

    @Test("the pixels are near the exact ones", arguments: WindowTests.samplings.indices, reductions)
    func near(kind: Int, reduction: Int) throws {
        let sampling = WindowTests.samplings[kind]
        var random = SplitMix(state: UInt64(kind * 10 + reduction))
        var decoder = ImageDecoder()
        for size in [(160, 120), (97, 131), (50, 33), (17, 16)] {
            var jpeg = RandomJPEG(sampling: sampling.factors, width: size.0, height: size.1)
            jpeg.isSoft = true
            let bytes = jpeg.encoded(seed: random.next())
            for mode in [ColourMode.bgr, .gray] {
                let exact = try Self.decode(bytes, as: mode, .exact, with: &decoder).picture
                let fast = try Self.decode(bytes, as: mode, .fast(reduction: reduction), with: &decoder).picture
                let wasFast = decoder.wasFast
                #expect(wasFast)
                let expected = Self.averaged(exact, reduction)
                #expect(fast.width == expected.width && fast.height == expected.height)
                let likeness = Self.likeness(fast, expected)
                #expect(likeness > 33, "\(sampling.name), \(size), \(mode)")
            }
        }
    }

    @Test(
        "random windows are the same parts of the whole, and the library alone makes the same pixels",
        arguments: WindowTests.samplings.indices, reductions)
    func windows(kind: Int, reduction: Int) throws {
        let sampling = WindowTests.samplings[kind]
        let precision = DecodePrecision.fast(reduction: reduction)
        var random = SplitMix(state: UInt64(kind * 10 + reduction))
        var decoder = ImageDecoder()
        var library = ImageDecoder(usesLibraryOnly: true)
        for round in 0..<20 {
            let (width, height) = (Int.random(in: 1...240, using: &random), Int.random(in: 1...190, using: &random))
            let jpeg = RandomJPEG(
                sampling: sampling.factors, width: width, height: height,
                restartInterval: round % 2 * Int.random(in: 1...20, using: &random))
            let bytes = jpeg.encoded(seed: random.next())
            for mode in [ColourMode.bgr, .gray] {
                let whole = try Self.decode(bytes, as: mode, precision, with: &decoder).picture
                let wholeWasFast = decoder.wasFast
                let theirs = try Self.decode(bytes, as: mode, precision, with: &library).picture
                #expect(wholeWasFast && theirs == whole)
                for _ in 0..<5 {
                    let window = WindowTests.randomWindow(whole.width, whole.height, &random)
                    let part = try Self.decode(bytes, as: mode, precision, window: window, with: &decoder)
                    let wasFast = decoder.wasFast
                    #expect(wasFast)
                    #expect(
                        part.picture == WindowTests.cut(whole, window),
                        "\(sampling.name), \(width) × \(height), \(mode), \(window)")
                    #expect(part.origin == [window.x, window.y])
                }
            }
        }
    }

    @Test("a picture cut anywhere is as bad as it is when it is decoded exactly", arguments: reductions)
    func cutAnywhere(reduction: Int) {
        let bytes = RandomJPEG(
            sampling: WindowTests.samplings[3].factors, width: 40, height: 70, restartInterval: reduction % 4
        ).encoded(seed: 9)
        var decoder = ImageDecoder()
        let top = ImageWindow(x: 1, y: 0, width: 3, height: 2)
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            let exact = Self.verdict(cut, .exact, with: &decoder)
            let whole = Self.verdict(cut, .fast(reduction: reduction), with: &decoder)
            let part = Self.verdict(cut, .fast(reduction: reduction), window: top, with: &decoder)
            #expect(whole == exact && part == exact, "\(count) bytes")
        }
    }

    @Test("only a JPEG that lies upright is reduced")
    func reducible() throws {
        let picture = Picture.slopes(50, 30, 3)
        let upright = TestJPEG.encoded(picture)
        var decoder = ImageDecoder()
        let (reduced, _) = try Self.decode(upright, .fast(reduction: 4), with: &decoder)
        #expect(reduced.width == 13 && reduced.height == 8)
        for orientation in Orientation.allCases {
            let bytes = TestJPEG.inserting(TestJPEG.exif(value: orientation.rawValue, bigEndian: true), in: upright)
            // `bytes` outlives the call.
            let header = try unsafe ImageHeader(of: bytes.span.bytes)
            #expect(header.isReducible == (orientation == .upright))
            guard orientation != .upright else { continue }
            let turned = try Self.decode(bytes, .fast(reduction: 4), with: &decoder).picture
            let whole = try Self.decode(bytes, .fast(reduction: 1), with: &decoder).picture
            #expect(turned == whole)
        }
        let bmp = TestBMP.make(picture)
        // As above.
        let isReducible = try unsafe ImageHeader(of: bmp.span.bytes).isReducible
        let exact = try Self.decode(bmp, .fast(reduction: 4), with: &decoder).picture
        #expect(!isReducible && exact == picture)
    }

    @Test("a decoder makes the same pixels whatever it made before")
    func noMemory() throws {
        let bytes = RandomJPEG(sampling: WindowTests.samplings[3].factors, width: 70, height: 50).encoded(seed: 1)
        var used = ImageDecoder()
        for precision in [DecodePrecision.exact, .fast(reduction: 8), .fast(reduction: 1), .exact, .fast(reduction: 2)]
        {
            var fresh = ImageDecoder()
            let expected = try Self.decode(bytes, precision, with: &fresh).picture
            let found = try Self.decode(bytes, precision, with: &used).picture
            #expect(found == expected)
        }
    }
}

import DataTypes
import Testing

@testable import ImageCodec

/// A part of a picture is that part of the whole, and the fast Huffman decoder makes what the library's makes.
@Suite("windows")
struct WindowTests {
    typealias Sampling = [(across: Int, down: Int)]

    /// Named as usual: 4:2:0 is chroma halved both ways.
    static let samplings: [(name: String, factors: Sampling)] = [
        ("4:4:4", [(1, 1), (1, 1), (1, 1)]), ("4:2:2", [(2, 1), (1, 1), (1, 1)]),
        ("4:4:0", [(1, 2), (1, 1), (1, 1)]), ("4:2:0", [(2, 2), (1, 1), (1, 1)]),
        ("4:1:1", [(4, 1), (1, 1), (1, 1)]), ("4:1:0", [(4, 2), (1, 1), (1, 1)]),
        ("4:2:1", [(2, 2), (2, 1), (1, 1)]), ("gray", [(1, 1)]), ("gray, odd factors", [(2, 2)]),
        ("four inks", [(1, 1), (1, 1), (1, 1), (1, 1)]), ("four inks, halved", [(2, 2), (1, 1), (1, 1), (2, 2)]),
    ]

    private struct Result {
        let picture: Picture
        let origin: [Int]
        let wasFast: Bool
    }

    private static func decode(
        _ bytes: [UInt8], as mode: ColourMode = .bgr, window: ImageWindow? = nil, with decoder: inout ImageDecoder
    ) throws(ImageError) -> Result {
        var target = PixelBuffer()
        // `bytes` outlives the call.
        let origin = try unsafe decoder.decode(bytes.span.bytes, as: mode, window: window, into: &target)
        return Result(picture: Picture(target), origin: [origin.x, origin.y], wasFast: decoder.wasFast)
    }

    private static func verdict(
        _ bytes: [UInt8], window: ImageWindow? = nil, with decoder: inout ImageDecoder
    ) -> Swift.Result<Picture, ImageError> {
        do throws(ImageError) {
            return .success(try decode(bytes, window: window, with: &decoder).picture)
        } catch {
            return .failure(error)
        }
    }

    static func cut(_ picture: Picture, _ window: ImageWindow) -> Picture {
        let rows = (window.y..<window.y + window.height).flatMap { y in
            let first = (y * picture.width + window.x) * picture.channels
            return picture.pixels[first..<first + window.width * picture.channels]
        }
        return Picture(window.width, window.height, picture.channels, rows)
    }

    static func randomWindow(_ width: Int, _ height: Int, _ random: inout SplitMix) -> ImageWindow {
        let x = Int.random(in: 0..<width, using: &random)
        let y = Int.random(in: 0..<height, using: &random)
        return ImageWindow(
            x: x, y: y, width: Int.random(in: 1...width - x, using: &random),
            height: Int.random(in: 1...height - y, using: &random))
    }

    @Test("random windows of random pictures are the same parts of the whole", arguments: samplings.indices, [0, 1])
    func randomWindows(kind: Int, tables: Int) throws {
        let sampling = Self.samplings[kind]
        var random = SplitMix(state: UInt64(kind * 2 + tables))
        var decoder = ImageDecoder()
        var library = ImageDecoder(usesLibraryOnly: true)
        for round in 0..<20 {
            let (width, height) = (
                Int.random(in: 1...140, using: &random), Int.random(in: 1...110, using: &random)
            )
            let jpeg = RandomJPEG(
                sampling: sampling.factors, width: width, height: height,
                restartInterval: round % 2 * Int.random(in: 1...20, using: &random), tables: tables)
            let bytes = jpeg.encoded(seed: random.next())
            for mode in [ColourMode.bgr, .gray] {
                let theirs = try Self.decode(bytes, as: mode, with: &library)
                let ours = try Self.decode(bytes, as: mode, with: &decoder)
                let whole = theirs.picture
                #expect(ours.picture == whole)
                #expect(ours.wasFast && !theirs.wasFast)
                for _ in 0..<5 {
                    let window = Self.randomWindow(width, height, &random)
                    let part = try Self.decode(bytes, as: mode, window: window, with: &decoder)
                    #expect(part.picture == Self.cut(whole, window), "\(sampling.name), \(jpeg), \(window)")
                    #expect(part.origin == [window.x, window.y] && part.wasFast)
                }
            }
        }
    }

    @Test("windows of turned pictures are parts of the upright ones", arguments: Orientation.allCases)
    func turned(orientation: Orientation) throws {
        let plain = RandomJPEG(sampling: Self.samplings[3].factors, width: 90, height: 61).encoded(seed: 4)
        let bytes = TestJPEG.inserting(TestJPEG.exif(value: orientation.rawValue, bigEndian: true), in: plain)
        var random = SplitMix(state: UInt64(orientation.rawValue))
        var decoder = ImageDecoder()
        let whole = try Self.decode(bytes, with: &decoder).picture
        for _ in 0..<60 {
            let window = Self.randomWindow(whole.width, whole.height, &random)
            let part = try Self.decode(bytes, window: window, with: &decoder)
            #expect(part.picture == Self.cut(whole, window), "\(window)")
            #expect(part.origin == [window.x, window.y])
        }
    }

    @Test("a picture cut anywhere has one verdict, whatever the window", arguments: [0, 3])
    func cutAnywhere(restartInterval: Int) throws {
        let jpeg = RandomJPEG(
            sampling: Self.samplings[3].factors, width: 40, height: 70, restartInterval: restartInterval)
        let bytes = jpeg.encoded(seed: 9)
        let top = ImageWindow(x: 3, y: 0, width: 12, height: 5)
        var decoder = ImageDecoder()
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            let whole = Self.verdict(cut, with: &decoder)
            let part = Self.verdict(cut, window: top, with: &decoder)
            #expect(part == whole.map { Self.cut($0, top) }, "\(count) bytes")
        }
    }

    @Test("random changes: the library's verdict and pixels", arguments: samplings.indices)
    func damaged(kind: Int) throws {
        let jpeg = RandomJPEG(sampling: Self.samplings[kind].factors, width: 50, height: 40, restartInterval: kind % 3)
        let bytes = jpeg.encoded(seed: UInt64(kind))
        var random = SplitMix(state: UInt64(kind))
        var decoder = ImageDecoder()
        var library = ImageDecoder(usesLibraryOnly: true)
        for round in 0..<300 {
            var broken = bytes
            for _ in 0...(round % 3) {
                broken[Int.random(in: 0..<bytes.count, using: &random)] = [0xFF, 0xD9, UInt8(round & 255)][round % 3]
            }
            let expected = Self.verdict(broken, with: &library)
            let ours = Self.verdict(broken, with: &decoder)
            #expect(ours == expected, "round \(round)")
            guard case .success(let whole) = expected else { continue }
            let window = Self.randomWindow(whole.width, whole.height, &random)
            let part = Self.verdict(broken, window: window, with: &decoder)
            #expect(part == .success(Self.cut(whole, window)), "round \(round), \(window)")
        }
    }

    @Test("Huffman tables that are kept from one picture are not used for the next")
    func otherTables() throws {
        var decoder = ImageDecoder()
        var jpeg = RandomJPEG(sampling: Self.samplings[3].factors, width: 60, height: 40)
        for round in 0..<6 {
            jpeg.tables = round % 2
            let bytes = jpeg.encoded(seed: UInt64(round))
            var library = ImageDecoder(usesLibraryOnly: true)
            let ours = try Self.decode(bytes, with: &decoder)
            let theirs = try Self.decode(bytes, with: &library)
            #expect(ours.picture == theirs.picture && ours.wasFast)
        }
    }

    @Test("pictures that the fast decoder does not read have windows too", arguments: JPEGFixture.all)
    func otherKinds(fixture: JPEGFixture) throws {
        var decoder = ImageDecoder()
        let whole = try Self.decode(fixture.bytes, with: &decoder).picture
        for y in 0..<whole.height {
            let window = ImageWindow(x: y / 2, y: y, width: 6, height: whole.height - y)
            let part = try Self.decode(fixture.bytes, window: window, with: &decoder)
            #expect(part.picture == Self.cut(whole, window))
        }
    }

    @Test("the whole picture comes of other formats, of windows beside it, and where damage is tolerated")
    func wholeInstead() throws {
        let picture = Picture.slopes(20, 10, 3)
        let inside = ImageWindow(x: 4, y: 3, width: 5, height: 5)
        var decoder = ImageDecoder()
        let bmp = try Self.decode(TestBMP.make(picture), window: inside, with: &decoder)
        #expect(bmp.picture == picture && bmp.origin == [0, 0])

        let bytes = TestJPEG.encoded(picture)
        let whole = try Self.decode(bytes, with: &decoder).picture
        for window in [
            ImageWindow(x: 16, y: 3, width: 5, height: 5), ImageWindow(x: 0, y: 6, width: 5, height: 5),
            ImageWindow(x: -1, y: 0, width: 5, height: 5), ImageWindow(x: 0, y: 0, width: 0, height: 5),
        ] {
            let result = try Self.decode(bytes, window: window, with: &decoder)
            #expect(result.picture == whole && result.origin == [0, 0], "\(window)")
        }
        var tolerant = ImageDecoder(toleratesDamage: true)
        let tolerated = try Self.decode(bytes, window: inside, with: &tolerant)
        #expect(tolerated.picture == whole && tolerated.origin == [0, 0])
    }
}

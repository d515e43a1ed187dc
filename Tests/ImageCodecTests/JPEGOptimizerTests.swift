import DataTypes
import Testing

@testable import ImageCodec

/// A rewritten JPEG is the same picture.
@Suite("rewritten JPEGs")
struct JPEGOptimizerTests {
    private static func rewritten(
        _ bytes: [UInt8], _ restarts: JPEGRestarts = .bytes(512)
    ) throws(ImageError) -> [UInt8] {
        var optimizer = JPEGOptimizer(restarts: restarts)
        // `bytes` outlives the call.
        return try unsafe optimizer.optimize(bytes.span.bytes)
    }

    private static func decode(
        _ bytes: [UInt8], as mode: ColourMode = .bgr, window: ImageWindow? = nil, library: Bool = false
    ) throws -> Picture {
        var decoder = ImageDecoder(usesLibraryOnly: library)
        var target = PixelBuffer()
        // As above.
        try unsafe decoder.decode(bytes.span.bytes, as: mode, window: window, into: &target)
        #expect(library || decoder.wasFast)
        return Picture(target)
    }

    /// The segments in front of the scan: their markers and contents.
    private static func segments(_ bytes: [UInt8]) throws -> [(marker: UInt8, body: [UInt8])] {
        var walk = JPEGSegments()
        var found: [(marker: UInt8, body: [UInt8])] = []
        // As above.
        while let segment = try unsafe walk.next(in: bytes.span.bytes) {
            found.append((segment.marker, Array(bytes[segment.body])))
        }
        return found
    }

    private static let choices: [JPEGRestarts] = [
        .none, .rows(1), .rows(3), .bytes(1), .bytes(40), .bytes(400), .rows(.max), .bytes(.max),
    ]

    @Test(
        "pixels are the same, and so are those of windows", arguments: WindowTests.samplings.indices,
        choices.indices)
    func pixels(kind: Int, choice: Int) throws {
        var random = SplitMix(state: UInt64(kind * 10 + choice))
        for round in 0..<6 {
            let (width, height) = (Int.random(in: 1...140, using: &random), Int.random(in: 1...110, using: &random))
            let jpeg = RandomJPEG(
                sampling: WindowTests.samplings[kind].factors, width: width, height: height,
                restartInterval: round % 2 * 5, tables: round / 2 % 2)
            let bytes = jpeg.encoded(seed: random.next())
            let new = try Self.rewritten(bytes, Self.choices[choice])
            let whole = try Self.decode(bytes, library: true)
            #expect(try Self.decode(new) == whole && Self.decode(new, library: true) == whole)
            #expect(try Self.decode(new, as: .gray) == Self.decode(bytes, as: .gray, library: true))
            for _ in 0..<8 {
                let x = Int.random(in: 0..<width, using: &random)
                let y = Int.random(in: 0..<height, using: &random)
                let window = ImageWindow(
                    x: x, y: y, width: Int.random(in: 1...width - x, using: &random),
                    height: Int.random(in: 1...height - y, using: &random))
                let part = try Self.decode(new, window: window)
                #expect(part == WindowTests.cut(whole, window), "\(jpeg), \(window)")
            }
        }
    }

    @Test("markers stand in front of every so many rows, or about every so many bytes")
    func restartInterval() throws {
        // 7 × 9 MCUs.
        let jpeg = RandomJPEG(sampling: [(2, 2), (1, 1), (1, 1)], width: 110, height: 140)
        let bytes = jpeg.encoded(seed: 5)
        for (rows, count) in [(1, 8), (2, 4), (9, 0), (100, 0)] {
            let new = try Self.rewritten(bytes, .rows(rows))
            let interval = try #require(try Self.segments(new).first { $0.marker == 0xDD }).body
            #expect(interval == [UInt8((7 * rows) >> 8), UInt8((7 * rows) & 255)])
            #expect(RestartWindowTests.markers(in: new).count == count)
        }
        let large = RandomJPEG(sampling: [(1, 1), (1, 1), (1, 1)], width: 300, height: 300).encoded(seed: 5)
        for size in [2000, 5000, 20_000] {
            let count = RestartWindowTests.markers(in: try Self.rewritten(large, .bytes(size))).count
            #expect(abs(count - large.count / size) <= 1 + large.count / size / 8, "\(size)")
        }
        #expect(try Self.segments(Self.rewritten(bytes, .none)).allSatisfy { $0.marker != 0xDD })
    }

    @Test("Huffman codes are the picture's own: it becomes smaller")
    func smaller() throws {
        let bytes = TestJPEG.encoded(Picture.slopes(200, 150, 3))
        let new = try Self.rewritten(bytes, .none)
        #expect(new.count < bytes.count)
        // There is nothing left to gain.
        #expect(try Self.rewritten(new, .none) == new)
    }

    @Test("segments for applications and comments stay, in their order")
    func markers() throws {
        let extra = [
            TestJPEG.exif(value: 6, bigEndian: true), TestJPEG.segment(0xFE, Array("a comment".utf8)),
            TestJPEG.segment(0xE2, Array("ICC_PROFILE\0\u{1}\u{1}".utf8) + [UInt8](repeating: 7, count: 60_000)),
            TestJPEG.segment(0xEB, []), TestJPEG.segment(0xED, Array("Photoshop".utf8)),
        ]
        let plain = TestJPEG.encoded(Picture.slopes(40, 30, 3))
        for jpeg in [plain, TestJPEG.withoutJFIF(plain)] {
            var bytes = Array(jpeg[..<2])
            for segment in extra { bytes += segment }
            bytes += jpeg[2...]
            let new = try Self.rewritten(bytes)
            func kept(_ bytes: [UInt8]) throws -> [[UInt8]] {
                try Self.segments(bytes).filter { $0.marker >= 0xE0 }.map { [$0.marker] + $0.body }
            }
            #expect(try kept(new) == kept(bytes))
            let header = try unsafe ImageHeader(of: new.span.bytes)
            // `bytes` outlives the call.
            #expect(try unsafe header == ImageHeader(of: bytes.span.bytes))
            #expect(header.orientation == .rotated90Clockwise)
        }
    }

    @Test("four inks and progressive pictures become baseline, and bytes behind the end are left out")
    func otherKinds() throws {
        for fixture in [JPEGFixture.interleaved420, .progressive420, .adobeCMYK] {
            let new = try Self.rewritten(fixture.bytes + [1, 2, 3])
            #expect(try Self.decode(new) == Self.decode(fixture.bytes, library: true))
            #expect(new.suffix(2) == [0xFF, 0xD9])
            // `new` outlives the call.
            #expect(try unsafe !ImageHeader(of: new.span.bytes).isProgressive)
        }
    }

    @Test("arithmetic coding stays as it is", arguments: [JPEGFixture.arithmetic420, .progressiveArithmetic420])
    func arithmetic(fixture: JPEGFixture) throws {
        let error = #expect(throws: ImageError.self) { try Self.rewritten(fixture.bytes) }
        guard case .unsupportedFormat = error else {
            Issue.record("\(error as Any)")
            return
        }
    }

    @Test("a progressive picture that lacks its last scans is refused: decoders smooth it")
    func incomplete() throws {
        let bytes = JPEGFixture.progressive420.bytes
        let scans = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA }
        #expect(scans.count > 4)
        for scan in scans.dropFirst() {
            // Tables that lead to no scan do no harm.
            #expect(throws: ImageError.self) { try Self.rewritten(Array(bytes[..<scan]) + [0xFF, 0xD9]) }
        }
    }

    @Test("cut anywhere, it is refused")
    func cutAnywhere() {
        let bytes = RandomJPEG(sampling: [(2, 2), (1, 1), (1, 1)], width: 50, height: 40, restartInterval: 2)
            .encoded(seed: 6)
        for count in 0..<bytes.count - 2 {
            #expect(throws: ImageError.self) { try Self.rewritten(Array(bytes[..<count])) }
        }
    }

    @Test("what is over the limits is refused before it is decoded")
    func limits() {
        var optimizer = JPEGOptimizer(limits: ImageLimits(maxPixels: 100, maxScans: 10))
        let large = TestJPEG.encoded(Picture.slopes(20, 10, 3))
        let expected = ImageError.tooManyPixels(width: 20, height: 10, limit: 100)
        // Both outlive the calls.
        #expect(throws: expected) { try unsafe optimizer.optimize(large.span.bytes) }
        let scans = TestJPEG.repeatedScans(11)
        #expect(throws: ImageError.tooManyScans(limit: 10)) { try unsafe optimizer.optimize(scans.span.bytes) }
    }
}

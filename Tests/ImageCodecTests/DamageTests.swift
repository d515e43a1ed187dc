import DataTypes
import Testing

@testable import ImageCodec

/// Whatever the bytes, a decode returns, and returns the same thing again: an error, or pixels that owe nothing to
/// what was in memory before.
@Suite("damaged files")
struct DamageTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var testDescription: String { name }
    }

    static let samples: [Sample] = {
        let palette = (0..<48).map { UInt8($0 * 5) }
        let indices = (0..<10).map { y in (0..<13).map { UInt8(($0 + y) % 16) } }
        let grays = (0..<16).map { [UInt8](repeating: UInt8($0 * 16), count: 3) }
        let exif = TestJPEG.exif(value: 6, bigEndian: true)
        return [
            Sample(name: "baseline JPEG", bytes: JPEGFixture.interleaved420.bytes),
            Sample(name: "turned JPEG", bytes: TestJPEG.inserting(exif, in: JPEGFixture.interleaved420.bytes)),
            Sample(name: "progressive JPEG", bytes: JPEGFixture.progressive420.bytes),
            Sample(name: "CMYK JPEG", bytes: JPEGFixture.adobeCMYK.bytes),
            Sample(name: "arithmetic JPEG", bytes: JPEGFixture.arithmetic420.bytes),
            Sample(name: "progressive arithmetic JPEG", bytes: JPEGFixture.progressiveArithmetic420.bytes),
            Sample(
                name: "interlaced PNG with a palette",
                bytes: TestPNG.make(
                    width: 13, height: 10, bitDepth: 8, colourType: 3, rows: indices, palette: palette,
                    transparency: [9, 8, 7], isInterlaced: true)),
            Sample(
                name: "16-bit PNG with transparency",
                bytes: TestPNG.make(
                    width: 2, height: 2, bitDepth: 16, colourType: 6,
                    rows: [[UInt8]](repeating: (0..<16).map { $0 * 13 }, count: 2))),
            Sample(name: "24-bit BMP", bytes: TestBMP.make(.pattern(7, 5, 3))),
            Sample(
                name: "8-bit BMP",
                bytes: TestBMP.make(width: 13, height: 10, bitsPerPixel: 8, rows: indices, palette: grays)),
        ]
    }()

    @Test("cut at every byte: an error, or the whole picture", arguments: samples)
    func truncation(sample: Sample) throws {
        for mode in [ColourMode.bgr, .gray, .unchanged] {
            let whole = try decode(sample.bytes, as: mode)
            var accepted = 0
            for count in 0..<sample.bytes.count {
                let result = outcome(Array(sample.bytes[..<count]), as: mode, poison: 0xAA)
                guard case .success(let picture) = result else { continue }
                #expect(picture == whole, "\(count) of \(sample.bytes.count) bytes")
                accepted += 1
            }
            // A JPEG of one scan may lose its end marker, and with it bits that only fill the last byte.
            #expect(accepted <= 3)
        }
    }

    @Test("cut at every byte where damage is tolerated: the same pixels twice", arguments: samples)
    func toleratedTruncation(sample: Sample) {
        for count in 0..<sample.bytes.count {
            let bytes = Array(sample.bytes[..<count])
            let first = outcome(bytes, as: .bgr, toleratesDamage: true, poison: 0)
            #expect(first == outcome(bytes, as: .bgr, toleratesDamage: true, poison: 0xAA), "\(count) bytes")
        }
    }

    @Test("random changes: the same outcome twice", arguments: samples, [false, true])
    func mutation(sample: Sample, toleratesDamage: Bool) {
        var random = SplitMix(state: 20 &+ UInt64(sample.bytes.count))
        var accepted = 0
        for round in 0..<1500 {
            var bytes = sample.bytes
            for _ in 0...(round % 4) {
                let place = Int(random.next() % UInt64(bytes.count))
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            // Half of the broken PNGs get right checksums, or none would come past them.
            if round % 2 == 0 { TestPNG.reseal(&bytes) }
            let mode = [ColourMode.bgr, .gray, .unchanged][round % 3]
            let first = outcome(bytes, as: mode, toleratesDamage: toleratesDamage, poison: 0)
            let second = outcome(bytes, as: mode, toleratesDamage: toleratesDamage, poison: 0xAA)
            #expect(first == second, "round \(round)")
            if case .success = first { accepted += 1 }
            // The header alone must survive too.
            _ = try? header(bytes)
        }
        // Were nothing accepted or everything, the rounds would show little.
        #expect(accepted > 0 && accepted < 1500)
    }

    @Test("one decoder, good and bad files in turn: every good one decodes as ever")
    func recovery() throws {
        var decoder = ImageDecoder()
        for sample in Self.samples {
            let expected = try decode(sample.bytes, as: .bgr)
            for other in Self.samples {
                let half = Array(other.bytes[..<(other.bytes.count / 2)])
                #expect(throws: ImageError.self) { _ = try decode(half, as: .bgr, with: &decoder) }
                #expect(try decode(sample.bytes, as: .bgr, poison: 0x55, with: &decoder) == expected)
            }
        }
    }
}

/// A small seeded generator, so that a failing round can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

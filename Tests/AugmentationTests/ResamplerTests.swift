import DataTypes
import Testing

@testable import Augmentation

@Suite("Resampler")
struct ResamplerTests {
    struct Known: Sendable, CustomTestStringConvertible {
        let kernel: Interpolation
        let width: Int
        let height: Int
        let rows: [[UInt8]]
        var testDescription: String { "\(kernel) to \(width)×\(height)" }
    }

    /// OpenCV 3.4.2's results for a 4×4 image.
    static let known: [Known] = [
        Known(
            kernel: .linear, width: 6, height: 3,
            rows: [[2, 27, 62, 106, 164, 213], [133, 113, 100, 126, 74, 16], [46, 138, 194, 52, 48, 80]]),
        Known(
            kernel: .cubic, width: 6, height: 3,
            rows: [[0, 17, 63, 99, 173, 227], [163, 114, 89, 150, 73, 0], [29, 160, 217, 42, 27, 88]]),
        Known(
            kernel: .lanczos4, width: 6, height: 3,
            rows: [[0, 15, 61, 103, 174, 228], [175, 105, 90, 153, 77, 0], [25, 174, 218, 39, 12, 105]]),
        Known(
            kernel: .nearest, width: 6, height: 3,
            rows: [[0, 0, 50, 100, 100, 255], [10, 10, 60, 200, 200, 0], [255, 255, 128, 64, 64, 32]]),
        Known(kernel: .area, width: 3, height: 3, rows: [[15, 89, 175], [123, 113, 45], [106, 120, 62]]),
        Known(kernel: .area, width: 2, height: 2, rows: [[30, 139], [160, 48]]),
        Known(kernel: .linear, width: 2, height: 2, rows: [[30, 139], [160, 48]]),
        Known(kernel: .area, width: 6, height: 6, rows: [[0, 25, 50, 100, 178, 255]]),
    ]

    @Test("a 4×4 image is resized to the reference's values", arguments: known)
    func knownValues(known: Known) {
        let source = image(
            width: 4, height: 4, channels: 1, [0, 50, 100, 255, 10, 60, 200, 0, 255, 128, 64, 32, 5, 250, 7, 90])
        var resampler = Resampler()
        var result = PixelBuffer()
        resampler.resample(
            source, outputWidth: known.width, outputHeight: known.height, kernel: known.kernel, into: &result)
        let expected = known.rows.flatMap { $0 }
        #expect(Array(values(result).prefix(expected.count)) == expected)
    }

    static let sizes = [(23, 17), (14, 9), (7, 5), (8, 6), (28, 36), (21, 36), (14, 30), (1, 1), (90, 1)]

    @Test(
        "a rectangle of the result is the same as cut out of the whole", arguments: Interpolation.allCases, [1, 3, 4])
    func rectangles(kernel: Interpolation, channels: Int) {
        let source = noise(width: 14, height: 18, channels: channels)
        var resampler = Resampler()
        var whole = PixelBuffer()
        var part = PixelBuffer()
        var random = KeyedRandom(seed: 7, epoch: 0, record: UInt64(kernel.rawValue))
        for (width, height) in Self.sizes {
            resampler.resample(source, outputWidth: width, outputHeight: height, kernel: kernel, into: &whole)
            #expect((whole.width, whole.height, whole.channels) == (width, height, channels))
            for _ in 0..<8 {
                let rect = randomRect(width: width, height: height, random: &random)
                resampler.resample(
                    source, outputWidth: width, outputHeight: height, outputRect: rect, kernel: kernel, into: &part)
                #expect(values(part) == values(whole, in: rect), "\(width)×\(height) \(rect)")
            }
        }
    }

    @Test("resizing a part is the same as cutting it out before", arguments: Interpolation.allCases, [1, 3, 4])
    func parts(kernel: Interpolation, channels: Int) {
        let source = noise(width: 20, height: 15, channels: channels)
        var resampler = Resampler()
        var direct = PixelBuffer()
        var afterCut = PixelBuffer()
        var random = KeyedRandom(seed: 8, epoch: 0, record: UInt64(kernel.rawValue))
        for (width, height) in Self.sizes {
            let rect = randomRect(width: 20, height: 15, random: &random)
            let alone = cut(source, rect)
            resampler.resample(
                source, part: rect, outputWidth: width, outputHeight: height, kernel: kernel, into: &direct)
            resampler.resample(alone, outputWidth: width, outputHeight: height, kernel: kernel, into: &afterCut)
            #expect(values(direct) == values(afterCut), "\(rect) to \(width)×\(height)")
        }
    }

    @Test("channels do not mix", arguments: [Interpolation.nearest, .linear, .area, .lanczos4], [3, 4])
    func channelsApart(kernel: Interpolation, channels: Int) {
        let source = noise(width: 19, height: 13, channels: channels)
        var resampler = Resampler()
        var all = PixelBuffer()
        var one = PixelBuffer()
        for (width, height) in Self.sizes {
            resampler.resample(source, outputWidth: width, outputHeight: height, kernel: kernel, into: &all)
            let joined = values(all)
            for channel in 0..<channels {
                let every = values(source)
                let plane = image(
                    width: 19, height: 13, channels: 1,
                    stride(from: channel, to: every.count, by: channels).map { every[$0] })
                resampler.resample(plane, outputWidth: width, outputHeight: height, kernel: kernel, into: &one)
                #expect(stride(from: channel, to: joined.count, by: channels).map { joined[$0] } == values(one))
            }
        }
    }

    @Test("a plain image stays plain", arguments: Interpolation.allCases)
    func plain(kernel: Interpolation) {
        var resampler = Resampler()
        var result = PixelBuffer()
        for value in [0, 1, 127, 254, 255] as [UInt8] {
            let source = image(width: 9, height: 7, channels: 3, Array(repeating: value, count: 189))
            for (width, height) in Self.sizes {
                resampler.resample(source, outputWidth: width, outputHeight: height, kernel: kernel, into: &result)
                #expect(values(result).allSatisfy { $0 == value }, "\(value) \(width)×\(height)")
            }
        }
    }

    @Test("tables that had to give way are made again the same")
    func cacheEviction() {
        let source = noise(width: 31, height: 29, channels: 3)
        var resampler = Resampler()
        var first = PixelBuffer()
        var again = PixelBuffer()
        resampler.resample(source, outputWidth: 11, outputHeight: 12, kernel: .cubic, into: &first)
        for size in 1...40 {
            resampler.resample(source, outputWidth: size, outputHeight: size + 3, kernel: .linear, into: &again)
        }
        resampler.resample(source, outputWidth: 11, outputHeight: 12, kernel: .cubic, into: &again)
        #expect(values(again) == values(first))
    }
}

import DataTypes
import Testing

@testable import Augmentation

struct PlaneResamplerTests {
    /// Red, green and blue planes of a picture that is blue first.
    private static func planes(_ image: borrowing PixelBuffer) -> [Float] {
        let pixels = image.pixels
        let count = image.width * image.height
        return (0..<3 * count).map { Float(pixels[($0 % count) * 3 + 2 - $0 / count]) }
    }

    private static func resized(
        _ planes: [Float], width: Int, height: Int, part: ImagePart, _ resize: SamplePlan.Resize, rect: PixelRect,
        with resampler: inout PlaneResampler
    ) -> [Float] {
        // Every number must be written.
        var result = [Float](repeating: .nan, count: 3 * rect.width * rect.height)
        resampler.run(planes, width: width, height: height, part: part, resize, rect: rect, into: &result)
        return result
    }

    @Test("whole numbers are resized as bytes are, but for their rounding", arguments: Interpolation.allCases)
    func asBytes(kernel: Interpolation) {
        var resampler = Resampler()
        var ours = PlaneResampler()
        var bytes = PixelBuffer()
        for record in 0..<150 {
            var random = KeyedRandom(seed: 3, epoch: 0, record: UInt64(record))
            let source = noise(width: random.integer(1, 40), height: random.integer(1, 40), channels: 3)
            var size = (width: random.integer(1, 60), height: random.integer(1, 60))
            if record % 5 == 0 {
                size = (max(1, source.width / 3), max(1, source.height / 2))
            }
            resampler.resample(
                source, outputWidth: size.width, outputHeight: size.height, kernel: kernel, into: &bytes)
            let found = Self.resized(
                Self.planes(source), width: source.width, height: source.height,
                part: ImagePart(rect: PixelRect(width: source.width, height: source.height)),
                SamplePlan.Resize(width: size.width, height: size.height, kernel: kernel),
                rect: PixelRect(width: size.width, height: size.height), with: &ours)
            let worst = zip(found, Self.planes(bytes)).map { abs(min(max($0, 0), 255) - $1) }.max() ?? 0
            #expect(worst <= (kernel == .nearest ? 0 : 1.6), "record \(record), to \(size): off by \(worst)")
        }
    }

    @Test(
        "a part, mirrored or not, and any rectangle of the result give the same bits", arguments: Interpolation.allCases
    )
    func parts(kernel: Interpolation) {
        var resampler = PlaneResampler()
        for record in 0..<100 {
            var random = KeyedRandom(seed: 4, epoch: 0, record: UInt64(record))
            let source = noise(width: random.integer(1, 40), height: random.integer(1, 40), channels: 3)
            let values = Self.planes(source).map { $0 * 0.37 - 20 }
            let inner = randomRect(width: source.width, height: source.height, random: &random)
            let part = ImagePart(rect: inner, isMirrored: random.coin())
            let resize = SamplePlan.Resize(
                width: random.coin() ? max(1, inner.width / 2) : random.integer(1, 50),
                height: random.coin() ? max(1, inner.height / 2) : random.integer(1, 50), kernel: kernel)
            let rect = randomRect(width: resize.width, height: resize.height, random: &random)
            let found = Self.resized(
                values, width: source.width, height: source.height, part: part, resize, rect: rect, with: &resampler)

            // The part as an image of its own, all of it resized, and the rectangle cut out then.
            var alone: [Float] = []
            for channel in 0..<3 {
                for y in inner.y..<inner.y + inner.height {
                    for x in 0..<inner.width {
                        alone.append(values[(channel * source.height + y) * source.width + part.column(x)])
                    }
                }
            }
            let whole = Self.resized(
                alone, width: inner.width, height: inner.height,
                part: ImagePart(rect: PixelRect(width: inner.width, height: inner.height)), resize,
                rect: PixelRect(width: resize.width, height: resize.height), with: &resampler)
            var expected: [Float] = []
            for channel in 0..<3 {
                for y in rect.y..<rect.y + rect.height {
                    for x in rect.x..<rect.x + rect.width {
                        expected.append(whole[(channel * resize.height + y) * resize.width + x])
                    }
                }
            }
            #expect(
                found.map(\.bitPattern) == expected.map(\.bitPattern), "record \(record), \(part), \(resize), \(rect)")
        }
    }
}

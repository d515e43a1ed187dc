import DataTypes
import Testing

@testable import Augmentation

@Suite("Affine warp and border")
struct WarpTests {
    private func warped(
        _ source: borrowing PixelBuffer, _ affine: SamplePlan.Affine, fill: UInt8, rect: PixelRect? = nil
    ) -> [UInt8] {
        var warp = WarpAffine()
        var result = PixelBuffer()
        let whole = PixelRect(width: source.width, height: source.height)
        let channels = source.channels
        unsafe source.withUnsafeBytes { bytes in
            // The view is used inside the closure alone.
            let view = unsafe SourceView(bytes, window: whole, channels: channels, part: whole)
            warp.run(
                view, affine: affine, fill: fill, rect: rect ?? PixelRect(width: affine.width, height: affine.height),
                into: &result)
        }
        return values(result)
    }

    private func affine(_ matrix: [6 of Float], _ width: Int, _ height: Int, _ kernel: Interpolation)
        -> SamplePlan.Affine
    {
        SamplePlan.Affine(matrix: matrix, width: width, height: height, kernel: kernel)
    }

    @Test("the identity and whole shifts copy", arguments: Interpolation.allCases, [1, 3, 4])
    func shifts(kernel: Interpolation, channels: Int) {
        let source = noise(width: 9, height: 7, channels: channels)
        #expect(warped(source, affine([1, 0, 0, 0, 1, 0], 9, 7, kernel), fill: 3) == values(source))
        let moved = warped(source, affine([1, 0, 2, 0, 1, 1], 9, 7, kernel), fill: 3)
        let pixel = channels == 4 ? [3, 3, 3, 0] : [UInt8](repeating: 3, count: channels)
        #expect(Array(moved.prefix(9 * channels)) == Array((0..<9).map { _ in pixel }.joined()))
        for y in 1..<7 {
            let row = Array(moved[y * 9 * channels..<(y + 1) * 9 * channels])
            #expect(Array(row.prefix(2 * channels)) == pixel + pixel)
            #expect(
                Array(row.dropFirst(2 * channels)) == values(source, in: PixelRect(x: 0, y: y - 1, width: 7, height: 1))
            )
        }
    }

    @Test(
        "a rectangle of the canvas is the same as cut out of the whole", arguments: Interpolation.allCases, [1, 3, 4])
    func rectangles(kernel: Interpolation, channels: Int) {
        let source = noise(width: 21, height: 17, channels: channels)
        let step = affine([0.9, 0.4, -2.5, -0.35, 1.2, 3.25], 24, 19, kernel)
        let whole = image(width: 24, height: 19, channels: channels, warped(source, step, fill: 77))
        var random = KeyedRandom(seed: 3, epoch: 0, record: 0)
        for _ in 0..<20 {
            let rect = randomRect(width: 24, height: 19, random: &random)
            #expect(warped(source, step, fill: 77, rect: rect) == values(whole, in: rect), "\(rect)")
        }
    }

    @Test("weights add up to 32768 for every fraction", arguments: [WarpTable.linear, .cubic, .lanczos4])
    func weights(table: WarpTable) {
        let cell = table.taps * table.taps
        #expect(table.weights.count == 1024 * cell)
        for start in stride(from: 0, to: table.weights.count, by: cell) {
            #expect(table.weights[start..<start + cell].reduce(0) { $0 + Int($1) } == 32768)
        }
    }

    @Test("a singular or wild matrix gives an image, not a trap", arguments: Interpolation.allCases)
    func wild(kernel: Interpolation) {
        let source = noise(width: 5, height: 4, channels: 3)
        let matrices: [[6 of Float]] = [
            [0, 0, 0, 0, 0, 0], [1e-30, 0, 0, 0, 1e-30, 0], [1e30, 1e30, 0, 1e30, 1e30, 0], [1, 1, 1e20, 1, 1, -1e20],
        ]
        for matrix in matrices {
            #expect(warped(source, affine(matrix, 6, 5, kernel), fill: 9).count == 90)
        }
    }

    @Test("a quarter turn moves every pixel to its place", arguments: [Interpolation.linear, .cubic, .lanczos4])
    func quarterTurn(kernel: Interpolation) {
        let source = noise(width: 6, height: 6, channels: 3)
        // Column x, row y of the result shows column 5 − y, row x of the source.
        let result = warped(source, affine([0, 1, 0, -1, 0, 5], 6, 6, kernel), fill: 0)
        let before = values(source)
        for y in 0..<6 {
            for x in 0..<6 {
                for channel in 0..<3 {
                    #expect(result[(y * 6 + x) * 3 + channel] == before[(x * 6 + 5 - y) * 3 + channel])
                }
            }
        }
    }

    @Test("a border surrounds the image; a fourth channel's is 0", arguments: [1, 3, 4])
    func border(channels: Int) {
        let source = noise(width: 4, height: 3, channels: channels)
        let whole = PixelRect(width: 4, height: 3)
        let size = PixelRect(width: 8, height: 7)
        func padded(_ rect: PixelRect) -> [UInt8] {
            var result = PixelBuffer()
            unsafe source.withUnsafeBytes { bytes in
                // The view is used inside the closure alone.
                let view = unsafe SourceView(bytes, window: whole, channels: channels, part: whole)
                PadBorder.run(view, border: PixelBorder(all: 2), fill: 200, rect: rect, into: &result)
            }
            return values(result)
        }
        let all = image(width: 8, height: 7, channels: channels, padded(size))
        let fill: [UInt8] = channels == 4 ? [200, 200, 200, 0] : Array(repeating: 200, count: channels)
        for y in 0..<7 {
            for x in 0..<8 {
                let pixel = values(all, in: PixelRect(x: x, y: y, width: 1, height: 1))
                let inside = (2..<6).contains(x) && (2..<5).contains(y)
                #expect(
                    pixel == (inside ? values(source, in: PixelRect(x: x - 2, y: y - 2, width: 1, height: 1)) : fill))
            }
        }
        var random = KeyedRandom(seed: 4, epoch: 0, record: 0)
        for _ in 0..<40 {
            let rect = randomRect(width: 8, height: 7, random: &random)
            #expect(padded(rect) == values(all, in: rect), "\(rect)")
        }
    }
}

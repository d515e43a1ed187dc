import DataTypes
import Testing

@testable import Augmentation

@Suite("Colour")
struct ColourTests {
    struct Known: Sendable {
        let bgr: [Int]
        let hls: [Int]
        let back: [Int]
    }

    /// OpenCV 3.4.2's results.
    static let known: [Known] = [
        Known(bgr: [10, 200, 30], hls: [57, 105, 231], back: [10, 200, 29]),
        Known(bgr: [126, 150, 180], hls: [13, 153, 68], back: [126, 149, 180]),
        Known(bgr: [188, 133, 118], hls: [114, 153, 88], back: [188, 132, 118]),
        Known(bgr: [7, 7, 9], hls: [0, 8, 32], back: [7, 7, 9]),
    ]

    @Test("colours go to hue, lightness, saturation and back as in the reference", arguments: known)
    func hls(known: Known) {
        func four(_ value: Int) -> HLS.Values { HLS.Values(repeating: Float(value)) }
        let (h, l, s) = HLS.fromBGR(four(known.bgr[0]), four(known.bgr[1]), four(known.bgr[2]))
        #expect([h[0], l[1], s[2]] == known.hls.map(Float.init))
        let (b, g, r) = HLS.toBGR(h, l, s)
        #expect([b[0], g[1], r[3]] == known.back.map(Float.init))
    }

    /// The conversions written pixel by pixel with branches, as the reference has them.
    private func oracle(_ blue: Int, _ green: Int, _ red: Int, shift: (Int, Int, Int)) -> [UInt8] {
        func byte(_ value: Float) -> Int { Int(max(0, min(255, value.rounded(.toNearestOrEven)))) }
        let unit: Float = 1 / 255
        let (b, g, r) = (Float(blue) * unit, Float(green) * unit, Float(red) * unit)
        let (high, low) = (max(b, g, r), min(b, g, r))
        let difference = high - low
        var (hue, saturation): (Float, Float) = (0, 0)
        let lightness = (high + low) / 2
        if difference > Float.ulpOfOne {
            saturation = lightness < 0.5 ? difference / (high + low) : difference / (2 - (high + low))
            let slope = 60 / difference
            hue = high == r ? (g - b) * slope : high == g ? (b - r) * slope + 120 : (r - g) * slope + 240
            if hue < 0 { hue += 360 }
        }
        let h = max(0, min(180, byte(hue / 2) + shift.0))
        let l = Float(max(0, min(255, byte(lightness * 255) + shift.1))) * unit
        let s = Float(max(0, min(255, byte(saturation * 255) + shift.2))) * unit
        if s == 0 { return Array(repeating: UInt8(byte(l * 255)), count: 3) }
        let second = l <= 0.5 ? l * (1 + s) : l + s - l * s
        let first = 2 * l - second
        var position = Float(h) * (6 / Float(180))
        while position >= 6 { position -= 6 }
        let sector = Int(position)
        let fraction = position - Float(sector)
        let table = [second, first, first + (second - first) * (1 - fraction), first + (second - first) * fraction]
        let picks = [[1, 3, 0], [1, 0, 2], [3, 0, 1], [0, 2, 1], [0, 1, 3], [2, 1, 0]][sector]
        return picks.map { UInt8(byte(table[$0] * 255)) }
    }

    @Test(
        "a shift agrees with a plain computation",
        arguments: [(0, 0, 0), (36, -20, 50), (-180, 255, -255), (180, 3, 1)])
    func hlsShift(hue: Int, lightness: Int, saturation: Int) {
        var picture = noise(width: 101, height: 97, channels: 3)
        let before = values(picture).map(Int.init)
        HLSShift.run(
            SamplePlan.HLSShift(hue: hue, lightness: lightness, saturation: saturation, wrapsHue: false), on: &picture)
        let expected = stride(from: 0, to: before.count, by: 3).flatMap {
            oracle(before[$0], before[$0 + 1], before[$0 + 2], shift: (hue, lightness, saturation))
        }
        #expect(values(picture) == expected)
    }

    @Test("hue goes round with the parameter hue and stops with random_h")
    func hueEnds() {
        // Magenta is hue 150. 60 further on is 30, yellow, when it goes round, and 180, red, when it stops. Lightness 127.5
        // was rounded up, so that what should be 0 is 1.
        let start: [UInt8] = [255, 0, 255]
        var round = image(width: 1, height: 1, channels: 3, start)
        HLSShift.run(SamplePlan.HLSShift(hue: 60, lightness: 0, saturation: 0, wrapsHue: true), on: &round)
        #expect(values(round) == [1, 255, 255])
        var stopped = image(width: 1, height: 1, channels: 3, start)
        HLSShift.run(SamplePlan.HLSShift(hue: 60, lightness: 0, saturation: 0, wrapsHue: false), on: &stopped)
        #expect(values(stopped) == [1, 1, 255])
    }

    private func jitter(_ first: SamplePlan.Jitter.Operation, _ factor: Float) -> SamplePlan.Jitter {
        SamplePlan.Jitter(
            brightness: first == .brightness ? factor : 1, contrast: first == .contrast ? factor : 1,
            saturation: first == .saturation ? factor : 1, first: first,
            second: first == .contrast ? .brightness : .contrast,
            third: first == .saturation ? .brightness : .saturation)
    }

    @Test("brightness multiplies and rounds half to even")
    func brightness() {
        var picture = image(width: 1, height: 2, channels: 3, [0, 1, 2, 3, 100, 255])
        ColourJitter.run(jitter(.brightness, 1.5), on: &picture)
        #expect(values(picture) == [0, 2, 3, 4, 150, 255])
    }

    @Test("gray gives red's weight to blue, as the reference does")
    func grayWeights() {
        #expect(ColourJitter.gray(255, 0, 0) == 76)
        #expect(ColourJitter.gray(0, 255, 0) == 150)
        #expect(ColourJitter.gray(0, 0, 255) == 29)
    }

    @Test("contrast 0 leaves the mean gray, saturation 0 each pixel's gray")
    func extremes() {
        var contrast = image(width: 2, height: 1, channels: 3, [255, 0, 0, 0, 0, 255])
        ColourJitter.run(jitter(.contrast, 0), on: &contrast)
        #expect(values(contrast) == Array(repeating: 52, count: 6), "the mean of 76 and 29 is 52.5")
        var saturation = image(width: 2, height: 1, channels: 3, [255, 0, 0, 0, 0, 255])
        ColourJitter.run(jitter(.saturation, 0), on: &saturation)
        #expect(values(saturation) == [76, 76, 76, 29, 29, 29])
    }

    @Test("factors of 1 change nothing")
    func neutral() {
        var picture = noise(width: 33, height: 21, channels: 3)
        let before = values(picture)
        ColourJitter.run(jitter(.saturation, 1), on: &picture)
        #expect(values(picture) == before)
    }

    @Test("noise is cut, not rounded, and goes to its own channel")
    func pcaNoise() {
        var picture = image(width: 1, height: 3, channels: 3, [0, 0, 0, 100, 100, 100, 255, 255, 255])
        PCANoise.run(SamplePlan.Noise(red: 1.9, green: -1.1, blue: 0.5), on: &picture)
        #expect(values(picture) == [0, 0, 1, 100, 98, 101, 255, 253, 255])
    }
}

import DataTypes
import Testing

@testable import Augmentation

@Suite("Slot writer")
struct SlotWriterTests {
    static let pixels: [UInt8] = [0, 10, 20, 255, 128, 1, 7, 77, 177, 250, 251, 252, 3, 2, 1, 99, 98, 97]

    private func write(
        _ type: ElementType, layout: SlotFormat.Layout = .channelsFirst, normalisation: Normalisation = Normalisation(),
        meanImage: MeanImage? = nil, mirrored: Bool = false, contrast: Float = 1, illumination: Float = 0
    ) throws -> [UInt8] {
        let source = image(width: 3, height: 2, channels: 3, Self.pixels)
        var plan = SamplePlan(sourceWidth: 3, sourceHeight: 2, crop: PixelRect(width: 3, height: 2))
        plan.isMirrored = mirrored
        plan.contrast = contrast
        plan.illumination = illumination
        let format = SlotFormat(elementType: type, layout: layout, channels: 3, height: 2, width: 3)
        var executor = SampleExecutor()
        return try executor.bytes(
            plan, source, output: SampleOutput(format: format, normalisation: normalisation, meanImage: meanImage))
    }

    private func read<T: FixedWidthInteger>(_ bytes: [UInt8], as: T.Type) -> [T] {
        let size = T.bitWidth / 8
        var result: [T] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            var value: T = 0
            for index in 0..<size { value |= T(truncatingIfNeeded: bytes[start + index]) << (8 * index) }
            result.append(value)
        }
        return result
    }

    private func floats(_ bytes: [UInt8]) -> [Float] { read(bytes, as: UInt32.self).map(Float.init(bitPattern:)) }

    /// Pixels in the order of the sample: red plane, green plane, blue plane.
    private var planes: [UInt8] {
        var result: [UInt8] = []
        for channel in 0..<3 {
            for pixel in 0..<6 { result.append(Self.pixels[3 * pixel + 2 - channel]) }
        }
        return result
    }

    @Test("uint8 is the pixels, red first, whatever the normalisation")
    func bytes() throws {
        let normalisation = Normalisation(mean: [9, 9, 9, 9], deviation: [2, 2, 2, 2], scale: 3)
        #expect(try write(.uint8, normalisation: normalisation) == planes)
        var interleaved: [UInt8] = []
        for pixel in 0..<6 {
            for channel in 0..<3 { interleaved.append(planes[6 * channel + pixel]) }
        }
        #expect(try write(.uint8, layout: .channelsLast) == interleaved)
    }

    @Test("mirroring turns each row round", arguments: [SlotFormat.Layout.channelsFirst, .channelsLast])
    func mirrored(layout: SlotFormat.Layout) throws {
        let plain = try write(.uint8, layout: layout)
        let mirrored = try write(.uint8, layout: layout, mirrored: true)
        let pixel = layout == .channelsFirst ? 1 : 3
        for row in stride(from: 0, to: 18, by: 3 * pixel) {
            for x in 0..<3 {
                for value in 0..<pixel {
                    #expect(mirrored[row + x * pixel + value] == plain[row + (2 - x) * pixel + value])
                }
            }
        }
    }

    @Test("float32 follows the formula of each version to the bit")
    func float32() throws {
        var normalisation = Normalisation(
            formula: .version2, mean: [123.68, 116.28, 103.53, 0], deviation: [58.395, 57.12, 57.375, 1], scale: 0.017)
        let contrast: Float = 1.17
        let illumination: Float = -9.25
        var expected1: [Float] = []
        var expected2: [Float] = []
        for (index, pixel) in planes.enumerated() {
            let difference: Float = Float(pixel) - normalisation.mean[index / 6]
            let deviation: Float = normalisation.deviation[index / 6]
            let factor: Float = contrast * normalisation.scale / deviation
            let offset: Float = illumination * normalisation.scale / deviation
            expected2.append(difference * factor + offset)
            let sum: Float = difference * contrast + illumination
            expected1.append(sum * normalisation.scale / deviation)
        }
        let version2 = try floats(
            write(.float32, normalisation: normalisation, contrast: contrast, illumination: illumination))
        #expect(version2 == expected2)
        normalisation.formula = .version1
        let version1 = try floats(
            write(.float32, normalisation: normalisation, contrast: contrast, illumination: illumination))
        #expect(version1 == expected1)
        #expect(version1 != version2)
    }

    @Test("narrower and wider floats are the float32 value converted once")
    func otherFloats() throws {
        let normalisation = Normalisation(mean: [120, 110, 100, 0], deviation: [57, 58, 59, 1])
        let reference = try floats(write(.float32, normalisation: normalisation))
        let half = try read(write(.float16, normalisation: normalisation), as: UInt16.self)
        #expect(half == reference.map { Float16($0).bitPattern })
        let double = try read(write(.float64, normalisation: normalisation), as: UInt64.self)
        #expect(double == reference.map { Double($0).bitPattern })
        let brain = try read(write(.bfloat16, normalisation: normalisation), as: UInt16.self)
        for (bits, value) in zip(brain, reference) {
            let near = Float(bitPattern: UInt32(bits) << 16)
            #expect(abs(near - value) <= abs(value) / 256)
        }
    }

    @Test(
        "bfloat16 rounds half to even and keeps NaN",
        arguments: [
            (0x3f80_0000, 0x3f80), (0x3f80_8000, 0x3f80), (0x3f81_8000, 0x3f82), (0x3f80_8001, 0x3f81),
            (0x7f7f_ffff, 0x7f80),
            (0x7f80_0001, 0x7fc0), (0xff80_0000, 0xff80), (0x8000_0000, 0x8000),
        ] as [(UInt32, UInt16)])
    func bfloat16(bits: UInt32, expected: UInt16) {
        #expect(bfloat16Bits(Float(bitPattern: bits)) == expected)
    }

    @Test("int8 subtracts the rounded mean and clamps; wider integers do not clamp")
    func integers() throws {
        let normalisation = Normalisation(mean: [127.5, 128.4, 200, 0], deviation: [2, 2, 2, 2], scale: 3)
        let means = [128, 128, 200]
        let differences: [Int] = planes.enumerated().map { index, pixel in Int(pixel) - means[index / 6] }
        let small = try write(.int8, normalisation: normalisation).map { Int(Int8(bitPattern: $0)) }
        #expect(small == differences.map { max(-128, min(127, $0)) })
        #expect(try read(write(.int32, normalisation: normalisation), as: Int32.self).map(Int.init) == differences)
        #expect(try read(write(.int64, normalisation: normalisation), as: Int64.self).map(Int.init) == differences)
    }

    @Test("a mean image takes the place of the means, and a mirrored column keeps its own mean")
    func meanImage() throws {
        let means = MeanImage(channels: 3, height: 2, width: 3, values: (0..<18).map { Float($0) * 3.5 })
        let normalisation = Normalisation(mean: [50, 60, 70, 0], deviation: [2, 4, 8, 1])
        let plain = try floats(write(.float32, normalisation: normalisation, meanImage: means))
        var expected: [Float] = []
        var expectedSmall: [Int] = []
        for (index, pixel) in planes.enumerated() {
            let mean: Float = means.values[index]
            let factor: Float = 1 / normalisation.deviation[index / 6]
            expected.append((Float(pixel) - mean) * factor)
            expectedSmall.append(max(-128, min(127, Int(pixel) - Int(mean.rounded(.toNearestOrAwayFromZero)))))
        }
        #expect(plain == expected)
        let mirrored = try floats(write(.float32, normalisation: normalisation, meanImage: means, mirrored: true))
        for row in 0..<6 { #expect(Array(mirrored[3 * row..<3 * row + 3]) == plain[3 * row..<3 * row + 3].reversed()) }
        let small = try write(.int8, normalisation: normalisation, meanImage: means).map { Int(Int8(bitPattern: $0)) }
        #expect(small == expectedSmall)
        #expect(try write(.uint8, normalisation: normalisation, meanImage: means) == planes)
    }

    @Test("a slot may begin at any byte")
    func unaligned() throws {
        let source = image(width: 3, height: 2, channels: 3, Self.pixels)
        let plan = SamplePlan(sourceWidth: 3, sourceHeight: 2, crop: PixelRect(width: 3, height: 2))
        let output = try SampleOutput(
            format: SlotFormat(elementType: .float32, layout: .channelsFirst, channels: 3, height: 2, width: 3),
            normalisation: Normalisation())
        var executor = SampleExecutor()
        var room = [UInt8](repeating: 0xEE, count: 75)
        try unsafe room.withUnsafeMutableBytes { bytes in
            // The span is used inside the closure alone.
            var slot = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: bytes[1..<73]))
            try executor.run(plan, source: source, output: output, into: &slot)
        }
        #expect(room[0] == 0xEE && room[73] == 0xEE && room[74] == 0xEE)
        #expect(floats(Array(room[1..<73])) == planes.map(Float.init))
    }

    @Test("an element type or channel count that no image has is refused")
    func refused() {
        for (type, channels) in [(ElementType.uint64, 3), (.float32, 2), (.float32, 5)] {
            #expect(throws: ParameterError.self) {
                _ = try SampleOutput(
                    format: SlotFormat(
                        elementType: type, layout: .channelsFirst, channels: channels, height: 2, width: 3),
                    normalisation: Normalisation())
            }
        }
    }
}

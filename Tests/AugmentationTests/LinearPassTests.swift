import DataTypes
import Testing

@testable import Augmentation

@Suite("Linear pass")
struct LinearPassTests {
    /// One sample with a single resize, everything about it random.
    private struct Case {
        var plan: SamplePlan
        var part: PixelRect
        var target: (width: Int, height: Int)
        var rect: PixelRect
        var format: SlotFormat
        var normalisation: Normalisation
    }

    private func randomCase(
        channels: Int, type: ElementType, layout: SlotFormat.Layout, random: inout KeyedRandom
    ) -> Case {
        let source = (width: random.integer(1, 90), height: random.integer(1, 70))
        let target = (width: random.integer(1, 120), height: random.integer(1, 80))
        let rect = randomRect(width: target.width, height: target.height, random: &random)
        let kernel: Interpolation = random.coin() ? .linear : .area
        let resize = SamplePlan.Resize(width: target.width, height: target.height, kernel: kernel)
        var plan = SamplePlan(sourceWidth: source.width, sourceHeight: source.height, crop: rect)
        var part = PixelRect(width: source.width, height: source.height)
        var wanted = rect
        if random.coin() {
            plan.resize = resize
        } else {
            part = randomRect(width: source.width, height: source.height, random: &random)
            plan.crop = part
            plan.cropResize = resize
            wanted = PixelRect(width: target.width, height: target.height)
        }
        plan.isMirrored = random.coin()
        plan.contrast = random.uniform(0.5, 1.5)
        plan.illumination = random.uniform(-20, 20)
        let formulas: [Normalisation.Formula] = [.version2, .version1, .detection]
        return Case(
            plan: plan, part: part, target: target, rect: wanted,
            format: SlotFormat(
                elementType: type, layout: layout, channels: channels, height: wanted.height, width: wanted.width),
            normalisation: Normalisation(
                formula: formulas[random.integer(0, 2)], mean: [123.68, 116.28, 103.53, 7],
                deviation: [58.395, 57.12, 57.375, 3], scale: 0.7))
    }

    /// Step by step: the part cut out, resized with an intermediate image, each value written on its own.
    private func expected(_ given: Case, _ source: borrowing PixelBuffer, meanImage: MeanImage?) -> [UInt8] {
        var resampler = Resampler()
        var resized = PixelBuffer()
        let alone = cut(source, given.part)
        resampler.resample(
            alone, outputWidth: given.target.width, outputHeight: given.target.height, outputRect: given.rect,
            kernel: given.plan.resize?.kernel ?? given.plan.cropResize?.kernel ?? .linear, into: &resized)
        let pixels = values(resized)
        let format = given.format
        var result: [UInt8] = []
        func append(channel: Int, y: Int, x: Int) {
            let column = given.plan.isMirrored ? format.width - 1 - x : x
            let place = format.channels >= 3 && channel < 3 ? 2 - channel : channel
            let pixel = pixels[(y * format.width + column) * format.channels + place]
            let scale = ValueScale(
                given.normalisation, channel: channel, contrast: given.plan.contrast,
                illumination: given.plan.illumination)
            let mean = meanImage?.values[(channel * format.height + y) * format.width + column] ?? scale.mean
            let whole = Int(pixel) - Int(mean.rounded(.toNearestOrAwayFromZero))
            let value = scale.apply(pixel, mean: mean)
            func add<T>(_ element: T) { unsafe withUnsafeBytes(of: element) { unsafe result.append(contentsOf: $0) } }
            switch format.elementType {
            case .uint8: add(pixel)
            case .int8: add(Int8(clamping: whole))
            case .int32: add(Int32(whole))
            case .int64, .uint64: add(Int64(whole))
            case .float16: add(Float16(value))
            case .bfloat16: add(bfloat16Bits(value))
            case .float32: add(value)
            case .float64: add(Double(value))
            case .bool, .uint16, .int16, .uint32: Issue.record("no iterator serves pixels so")
            }
        }
        if format.layout == .channelsFirst {
            for channel in 0..<format.channels {
                for y in 0..<format.height { for x in 0..<format.width { append(channel: channel, y: y, x: x) } }
            }
        } else {
            for y in 0..<format.height {
                for x in 0..<format.width {
                    for channel in 0..<format.channels { append(channel: channel, y: y, x: x) }
                }
            }
        }
        return result
    }

    static let types: [ElementType] = [.uint8, .int8, .int32, .int64, .float16, .bfloat16, .float32, .float64]

    @Test("the fused pass gives what resize, crop, mirror and normalise give one by one", arguments: types, [1, 3, 4])
    func equalsStepByStep(type: ElementType, channels: Int) throws {
        var random = KeyedRandom(seed: 11, epoch: UInt64(channels), record: UInt64(type.byteWidth))
        var executors = ExecutorPair()
        for index in 0..<120 {
            let layout: SlotFormat.Layout = index % 3 == 0 ? .channelsLast : .channelsFirst
            let given = randomCase(channels: channels, type: type, layout: layout, random: &random)
            let source = noise(
                width: given.plan.sourceWidth, height: given.plan.sourceHeight, channels: channels, seed: Int64(index))
            let format = given.format
            let meanImage =
                index % 5 == 0
                ? MeanImage(
                    channels: channels, height: format.height, width: format.width,
                    values: (0..<format.elementCount).map { Float($0 % 251) + 0.25 }) : nil
            let output = try SampleOutput(format: format, normalisation: given.normalisation, meanImage: meanImage)
            let reference = expected(given, source, meanImage: meanImage)
            let needed = given.plan.neededSource
            let window = cut(source, needed)
            for isWide in [false, true] {
                #expect(try executors.run(isWide, given.plan, source, output: output) == reference, "\(given.plan)")
                #expect(
                    try executors.run(isWide, given.plan, window, origin: (needed.x, needed.y), output: output)
                        == reference, "window of \(given.plan)")
            }
        }
    }

    /// One executor with portable kernels and one with the widest that this processor has.
    private struct ExecutorPair: ~Copyable {
        var portable = SampleExecutor(kernels: .portable)
        var wide = SampleExecutor(kernels: .best)

        mutating func run(
            _ isWide: Bool, _ plan: SamplePlan, _ source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0),
            output: SampleOutput
        ) throws -> [UInt8] {
            isWide
                ? try wide.bytes(plan, source, origin: origin, output: output)
                : try portable.bytes(plan, source, origin: origin, output: output)
        }
    }

    @Test(
        "every plan of the planner gives the same with portable and with wide kernels", arguments: ExecutorTests.cases)
    func plannedSamples(given: [String: ParameterValue]) throws {
        let planner = try SamplePlanner(parameters(given, height: 20, width: 22))
        var executors = ExecutorPair()
        for record in 0..<60 {
            var random = KeyedRandom(seed: 5, epoch: 0, record: UInt64(record))
            let size = (width: random.integer(28, 100), height: random.integer(28, 100))
            let source = noise(width: size.width, height: size.height, channels: 3)
            let plan = try planner.plan(width: size.width, height: size.height, random: &random)
            let output = try SampleOutput(
                format: SlotFormat(
                    elementType: record % 2 == 0 ? .float32 : .uint8,
                    layout: record % 3 == 0 ? .channelsLast : .channelsFirst, channels: 3, height: 20, width: 22),
                normalisation: Normalisation(mean: [120, 110, 100, 0], deviation: [50, 60, 70, 1]))
            #expect(
                try executors.run(false, plan, source, output: output)
                    == executors.run(true, plan, source, output: output), "\(plan)")
        }
    }
}

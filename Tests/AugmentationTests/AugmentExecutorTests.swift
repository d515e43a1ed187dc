import DataTypes
import Testing

@testable import Augmentation

/// A plain picture of numbers, red, green, blue side by side, on which every step is done the obvious way.
private struct PlainImage {
    var width: Int
    var height: Int
    /// 0…255 while `isFloat` is false.
    var values: [Double]
    var isFloat = false

    init(_ source: borrowing PixelBuffer) {
        width = source.width
        height = source.height
        let pixels = source.pixels
        // The buffer is blue first.
        values = pixels.indices.map { Double(pixels[$0 / 3 * 3 + 2 - $0 % 3]) }
    }

    private func at(_ x: Int, _ y: Int, _ channel: Int) -> Double { values[(y * width + x) * 3 + channel] }

    private mutating func rebuild(_ newWidth: Int, _ newHeight: Int, _ value: (Int, Int, Int) -> Double) {
        var result: [Double] = []
        for y in 0..<newHeight { for x in 0..<newWidth { for c in 0..<3 { result.append(value(x, y, c)) } } }
        (width, height, values) = (newWidth, newHeight, result)
    }

    private mutating func colours(_ change: (RGB) -> RGB) {
        for start in stride(from: 0, to: values.count, by: 3) {
            let new = change(RGB(Float(values[start]), Float(values[start + 1]), Float(values[start + 2])))
            values.replaceSubrange(start..<start + 3, with: [Double(new.red), Double(new.green), Double(new.blue)])
        }
    }

    mutating func run(_ step: AugmentStep) {
        let old = self
        switch step {
        case .resize(let resize, let rect):
            // In MXNet's order of colours; the resampler takes any.
            let source = image(width: width, height: height, channels: 3, values.map { UInt8($0) })
            var result = PixelBuffer()
            var resampler = Resampler()
            resampler.resample(
                source, outputWidth: resize.width, outputHeight: resize.height, kernel: resize.kernel, into: &result)
            let pixels = result.pixels
            let bytes = pixels.indices.map { Double(pixels[$0]) }
            rebuild(rect.width, rect.height) { bytes[((rect.y + $1) * resize.width + rect.x + $0) * 3 + $2] }
        case .resample(let resize, let rect):
            var result = [Float](repeating: 0, count: 3 * resize.width * resize.height)
            var resampler = PlaneResampler()
            let whole = ImagePart(rect: PixelRect(width: width, height: height))
            resampler.run(
                planes.map { Float($0) }, width: width, height: height, part: whole, resize,
                rect: PixelRect(width: resize.width, height: resize.height), into: &result)
            rebuild(rect.width, rect.height) {
                Double(result[($2 * resize.height + rect.y + $1) * resize.width + rect.x + $0])
            }
        case .crop(let rect): rebuild(rect.width, rect.height) { old.at(rect.x + $0, rect.y + $1, $2) }
        case .mirror: rebuild(width, height) { old.at(old.width - 1 - $0, $1, $2) }
        case .border(let border, let fill):
            let fills = [fill.red, fill.green, fill.blue].map { Double($0) }
            rebuild(width + border.left + border.right, height + border.top + border.bottom) { x, y, c in
                let (x, y) = (x - border.left, y - border.top)
                return (0..<old.width).contains(x) && (0..<old.height).contains(y) ? old.at(x, y, c) : fills[c]
            }
        case .scale(let factor): values = values.map { $0 * Double(factor) }
        case .contrast(let factor):
            var mean = 0.0
            for (position, value) in values.enumerated() { mean += [0.299, 0.587, 0.114][position % 3] * value }
            mean /= Double(width * height)
            values = values.map { $0 * Double(factor) + (1 - Double(factor)) * mean }
        case .saturation(let factor):
            colours { old in
                let rest = (1 - factor) * (0.299 * old.red + 0.587 * old.green + 0.114 * old.blue)
                return RGB(old.red * factor + rest, old.green * factor + rest, old.blue * factor + rest)
            }
        case .mix(let matrix): colours(matrix.apply)
        case .offset(let offset):
            colours { RGB($0.red + offset.red, $0.green + offset.green, $0.blue + offset.blue) }
        case .normalise(let mean, let deviation):
            colours {
                RGB(
                    ($0.red - mean.red) / deviation.red, ($0.green - mean.green) / deviation.green,
                    ($0.blue - mean.blue) / deviation.blue)
            }
        }
    }

    /// Planes of red, green and blue.
    var planes: [Double] { (0..<3).flatMap { c in (0..<width * height).map { values[$0 * 3 + c] } } }
}

extension SampleExecutor {
    /// A sample of floats, in a slot that was full of something else before.
    mutating func floats(
        _ plan: borrowing AugmentPlan, _ source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0)
    ) throws -> [Float] {
        let output = try SampleOutput(
            format: SlotFormat(
                elementType: .float32, layout: .channelsFirst, channels: 3, height: plan.height, width: plan.width),
            normalisation: Normalisation())
        var slot = [UInt8](repeating: 0xAB, count: output.format.byteCount)
        var span = slot.mutableSpan
        // Any byte is a UInt8.
        var raw = unsafe span.mutableBytes
        try run(plan, source: source, origin: origin, output: output, into: &raw)
        return stride(from: 0, to: slot.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(slot[start + $1]) << UInt32(8 * $1) })
        }
    }
}

struct AugmentExecutorTests {
    /// Any step that an image of that size can have.
    private static func addStep(to plan: inout AugmentPlan, _ random: inout KeyedRandom) {
        let kernel = Interpolation(rawValue: random.integer(0, 4))!
        switch random.integer(0, 10) {
        case 0, 1:
            plan.resize(
                SamplePlan.Resize(width: random.integer(1, 40), height: random.integer(1, 40), kernel: kernel))
        case 2, 3: plan.crop(randomRect(width: plan.width, height: plan.height, random: &random))
        case 4: plan.steps.append(.mirror)
        case 5:
            let border = PixelBorder(
                left: random.integer(0, 5), top: random.integer(0, 5), right: random.integer(0, 5),
                bottom: random.integer(0, 5))
            plan.width += border.left + border.right
            plan.height += border.top + border.bottom
            plan.steps.append(.border(border, fill: random.coin() ? RGB(all: 7) : RGB(1, 20, 255)))
        default:
            let factor = random.uniform(0.2, 1.8)
            let colour = RGB(random.uniform(-20, 20), random.uniform(-20, 20), random.uniform(1, 20))
            let steps: [AugmentStep] = [
                .scale(factor), .contrast(factor: factor), .saturation(factor: factor), .mix(.gray),
                .mix(ColourMatrix(hueTurn: factor)), .offset(colour),
                .normalise(mean: colour, deviation: RGB(factor, 2, colour.blue)),
            ]
            plan.steps.append(steps[random.integer(0, steps.count - 1)])
            plan.isFloat = true
        }
    }

    @Test("any sequence of steps gives what doing one after the other gives", arguments: 0..<8)
    func sequences(seed: Int64) throws {
        var executor = SampleExecutor()
        var (floats, bytes, cubics, windows, resamples) = (0, 0, 0, 0, 0)
        for record in 0..<200 {
            var random = KeyedRandom(seed: seed, epoch: 0, record: UInt64(record))
            let source = noise(width: random.integer(1, 40), height: random.integer(1, 40), channels: 3, seed: seed)
            var plan = AugmentPlan()
            plan.begin(width: source.width, height: source.height)
            let count = random.integer(0, 7)
            while plan.steps.count < count { Self.addStep(to: &plan, &random) }
            var expected = PlainImage(source)
            var scale = 255.0
            for step in plan.steps {
                expected.run(step)
                scale = max(scale, expected.values.map(abs).max() ?? 0)
            }
            let found = try executor.floats(plan, source)
            #expect(found.count == expected.planes.count)
            if plan.isFloat { floats += 1 } else { bytes += 1 }
            for step in plan.steps {
                if case .resize(let resize, _) = step, resize.kernel == .cubic, resize.width % 8 != 0 { cubics += 1 }
            }
            // Bytes are exact. Sums of floats differ by their order; what a step makes large, a later one may cancel.
            let limit = plan.isFloat ? 2e-5 * scale * Double(plan.steps.count) : 0
            let worst = zip(found, expected.planes).map { abs(Double($0) - $1) }.max() ?? 0
            #expect(worst <= limit, "record \(record), \(plan.steps): off by \(worst)")
            let needed = plan.neededSource
            let again = try executor.floats(plan, cut(source, needed), origin: (needed.x, needed.y))
            #expect(again == found, "record \(record), \(plan.steps): other numbers from a window")
            if needed.width * needed.height < source.width * source.height { windows += 1 }
            for step in plan.steps { if case .resample = step { resamples += 1 } }
        }
        #expect(floats > 50 && bytes > 20 && cubics > 0 && windows > 10 && resamples > 20)
    }

    @Test("the cubic kernel rounds the end of a row as it does for red, green, blue, wherever the crop lies")
    func endsOfRows() throws {
        var executor = SampleExecutor()
        for record in 0..<60 {
            var random = KeyedRandom(seed: 9, epoch: 0, record: UInt64(record))
            let source = noise(width: random.integer(20, 40), height: 40, channels: 3, seed: Int64(record))
            var plan = AugmentPlan()
            plan.begin(width: source.width, height: source.height)
            plan.resize(
                SamplePlan.Resize(
                    width: 8 * random.integer(6, 9) + random.integer(1, 7), height: 80, kernel: .cubic))
            if record % 2 == 0 {
                plan.crop(PixelRect(x: 10, y: 3, width: plan.width - 10 - record % 4 / 2, height: 70))
            }
            var expected = PlainImage(source)
            for step in plan.steps { expected.run(step) }
            #expect(try executor.floats(plan, source).map { Double($0) } == expected.planes, "record \(record)")
        }
    }

    @Test("normalising is the pixel minus the mean, over the deviation, rounded as two operations")
    func normalised() throws {
        let source = noise(width: 9, height: 7, channels: 3)
        var plan = AugmentPlan()
        plan.begin(width: 9, height: 7)
        plan.steps = [.normalise(mean: Augmenter.imageNetMean, deviation: Augmenter.imageNetDeviation), .mirror]
        var executor = SampleExecutor()
        let found = try executor.floats(plan, source)
        let pixels = source.pixels
        for y in 0..<7 {
            for x in 0..<9 {
                let blue = Float(pixels[(y * 9 + 8 - x) * 3])
                #expect(found[2 * 63 + y * 9 + x] == (blue - 103.53) / 57.375)
            }
        }
    }

    @Test("a picture of another size or of other channels than planned for is refused")
    func mismatch() throws {
        var plan = AugmentPlan()
        plan.begin(width: 9, height: 7)
        var executor = SampleExecutor()
        #expect(throws: AugmentationError.self) { try executor.floats(plan, noise(width: 9, height: 8, channels: 3)) }
        #expect(throws: AugmentationError.self) { try executor.floats(plan, noise(width: 9, height: 7, channels: 1)) }
    }

    @Test("a hue turn of nothing leaves colours as good as alone, and a gray pixel has no hue")
    func hue() {
        let colour = RGB(200, 60, 40)
        let same = ColourMatrix(hueTurn: 0).apply(colour)
        #expect(abs(same.red - 200) < 1 && abs(same.green - 60) < 1 && abs(same.blue - 40) < 1)
        for turn: Float in [-1, -0.3, 0.2, 1] {
            let gray = ColourMatrix(hueTurn: turn).apply(RGB(all: 150))
            #expect(abs(gray.red - 150) < 1 && abs(gray.green - 150) < 1 && abs(gray.blue - 150) < 1)
        }
    }
}

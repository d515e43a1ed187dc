import DataTypes
import Testing

@testable import Augmentation

@Suite("Sample executor")
struct ExecutorTests {
    static let cases: [[String: ParameterValue]] = [
        [:],
        ["resize": .integer(30), "rand_crop": .bool(true), "rand_mirror": .bool(true)],
        ["resize": .integer(70), "inter_method": .integer(2), "rand_crop": .bool(true)],
        ["inter_method": .integer(10), "resize": .integer(25), "rand_crop": .bool(true)],
        ["random_resized_crop": .bool(true), "min_random_area": .number(0.1), "max_aspect_ratio": .number(0.4)],
        [
            "min_crop_size": .integer(10), "max_crop_size": .integer(28), "rand_crop": .bool(true),
            "inter_method": .integer(4),
        ],
        ["pad": .integer(6), "rand_crop": .bool(true), "fill_value": .integer(9)],
        ["resize": .integer(24), "pad": .integer(3), "rand_crop": .bool(true), "inter_method": .integer(9)],
        ["max_rotate_angle": .integer(40), "max_shear_ratio": .number(0.2), "rand_crop": .bool(true)],
        [
            "resize": .integer(40), "min_random_scale": .number(0.6), "max_random_scale": .number(1.4),
            "pad": .integer(2),
        ],
        ["brightness": .number(0.4), "contrast": .number(0.4), "saturation": .number(0.4), "random_h": .integer(30)],
        ["resize": .integer(23), "pca_noise": .number(0.2), "hue": .number(0.3), "max_random_contrast": .number(0.2)],
    ]

    private func output(
        _ type: ElementType = .float32, channels: Int = 3, height: Int = 20, width: Int = 22
    ) throws -> SampleOutput {
        try SampleOutput(
            format: SlotFormat(
                elementType: type, layout: .channelsFirst, channels: channels, height: height, width: width),
            normalisation: Normalisation(mean: [120, 110, 100, 0], deviation: [50, 60, 70, 1], scale: 0.5))
    }

    /// Every step on the whole image, one after the other, nothing restricted to the crop.
    private func generic(_ plan: SamplePlan, _ source: borrowing PixelBuffer, output: SampleOutput) throws -> [UInt8] {
        var stepwise = SampleExecutor()
        var image = cut(source, PixelRect(width: source.width, height: source.height))
        var neutral = SamplePlan(sourceWidth: 0, sourceHeight: 0, crop: PixelRect(width: 1, height: 1))
        neutral.fillValue = plan.fillValue
        func apply(_ change: (inout SamplePlan) -> Void, _ rect: PixelRect) throws {
            var step = neutral
            step.sourceWidth = image.width
            step.sourceHeight = image.height
            step.crop = rect
            change(&step)
            let size = step.cropResize.map { ($0.width, $0.height) } ?? (rect.width, rect.height)
            let raw = try SampleOutput(
                format: SlotFormat(
                    elementType: .uint8, layout: .channelsLast, channels: image.channels, height: size.1, width: size.0),
                normalisation: Normalisation())
            var bytes = try stepwise.bytes(step, image, output: raw)
            // The sample is RGB; the next step takes BGR.
            for index in stride(from: 0, to: bytes.count, by: 3) { bytes.swapAt(index, index + 2) }
            image = Tests.image(width: size.0, height: size.1, bytes)
        }
        func whole(_ width: Int, _ height: Int) -> PixelRect { PixelRect(width: width, height: height) }
        if let resize = plan.resize { try apply({ $0.resize = resize }, whole(resize.width, resize.height)) }
        if let affine = plan.affine { try apply({ $0.affine = affine }, whole(affine.width, affine.height)) }
        if plan.pad > 0 {
            try apply({ $0.pad = plan.pad }, whole(image.width + 2 * plan.pad, image.height + 2 * plan.pad))
        }
        if let step = plan.heightEnlargement { try apply({ $0.resize = step }, whole(step.width, step.height)) }
        if let step = plan.widthEnlargement { try apply({ $0.resize = step }, whole(step.width, step.height)) }
        try apply({ _ in }, plan.crop)
        if let resize = plan.cropResize { try apply({ $0.resize = resize }, whole(resize.width, resize.height)) }
        let size = whole(image.width, image.height)
        if plan.jitter != nil { try apply({ $0.jitter = plan.jitter }, size) }
        if plan.hlsShift != nil { try apply({ $0.hlsShift = plan.hlsShift }, size) }
        if plan.noise != nil { try apply({ $0.noise = plan.noise }, size) }
        var last = neutral
        (last.sourceWidth, last.sourceHeight, last.crop) = (image.width, image.height, size)
        (last.isMirrored, last.contrast, last.illumination) = (plan.isMirrored, plan.contrast, plan.illumination)
        return try stepwise.bytes(last, image, output: output)
    }

    private enum Tests {
        static func image(width: Int, height: Int, _ values: [UInt8]) -> PixelBuffer {
            AugmentationTests.image(width: width, height: height, channels: 3, values)
        }
    }

    @Test("the crop computed alone is the crop of everything computed", arguments: cases)
    func fusedEqualsGeneric(given: [String: ParameterValue]) throws {
        let planner = try SamplePlanner(parameters(given, height: 20, width: 22))
        let output = try output()
        var executor = SampleExecutor()
        for (record, size) in [(41, 33), (30, 50), (22, 20), (64, 29)].enumerated()
        where size.0 >= 28 || given["max_crop_size"] == nil {
            for lap in 0..<3 {
                let source = noise(width: size.0, height: size.1, channels: 3)
                var random = KeyedRandom(seed: 1, epoch: 0, record: UInt64(record), lap: UInt64(lap))
                let plan = try planner.plan(width: size.0, height: size.1, random: &random)
                #expect(
                    try executor.bytes(plan, source, output: output) == generic(plan, source, output: output), "\(plan)"
                )
            }
        }
    }

    @Test("the needed part of the source gives the same sample as all of it", arguments: cases)
    func window(given: [String: ParameterValue]) throws {
        let planner = try SamplePlanner(parameters(given, height: 20, width: 22))
        let output = try output(.uint8)
        var executor = SampleExecutor()
        for record in 0..<12 {
            let source = noise(width: 90, height: 75, channels: 3)
            var random = KeyedRandom(seed: 2, epoch: 0, record: UInt64(record))
            let plan = try planner.plan(width: 90, height: 75, random: &random)
            let needed = plan.neededSource
            let part = cut(source, needed)
            #expect(
                try executor.bytes(plan, part, origin: (needed.x, needed.y), output: output)
                    == executor.bytes(plan, source, output: output), "\(plan)")
        }
    }

    @Test("an executor remembers nothing of earlier samples")
    func noMemory() throws {
        var used = SampleExecutor()
        let output = try output()
        for given in Self.cases {
            let planner = try SamplePlanner(parameters(given, height: 20, width: 22))
            for record in 0..<3 {
                let source = noise(width: 40 + record, height: 45, channels: 3)
                var random = KeyedRandom(seed: 3, epoch: 0, record: UInt64(record))
                let plan = try planner.plan(width: source.width, height: source.height, random: &random)
                var fresh = SampleExecutor()
                #expect(try used.bytes(plan, source, output: output) == fresh.bytes(plan, source, output: output))
            }
        }
    }

    @Test("gray and four channels go through resize, warp, border and crop", arguments: [1, 4])
    func otherChannels(channels: Int) throws {
        let given: [String: ParameterValue] = [
            "resize": .integer(30), "rotate": .integer(15), "pad": .integer(4), "mirror": .bool(true),
        ]
        let planner = try SamplePlanner(parameters(given, channels: channels, height: 20, width: 22))
        var random = KeyedRandom(seed: 4, epoch: 0, record: 0)
        let plan = try planner.plan(width: 41, height: 33, random: &random)
        let source = noise(width: 41, height: 33, channels: channels)
        var executor = SampleExecutor()
        let all = try executor.bytes(plan, source, output: output(.uint8, channels: channels))
        // Each channel alone gives the same plane; the gray path has no fourth channel, so fill is 255 there.
        let every = values(source)
        for channel in 0..<min(channels, 3) {
            let plane = image(
                width: 41, height: 33, channels: 1,
                stride(from: channel, to: every.count, by: channels).map { every[$0] })
            let alone = try executor.bytes(plan, plane, output: output(.uint8, channels: 1))
            let place = channels == 4 ? 2 - channel : 0
            #expect(Array(all[place * 440..<(place + 1) * 440]) == alone)
        }
    }

    @Test("a source that is not what was planned for is an error")
    func mismatch() throws {
        let planner = try SamplePlanner(parameters([:], height: 20, width: 22))
        var random = KeyedRandom(seed: 1, epoch: 0, record: 0)
        let plan = try planner.plan(width: 40, height: 30, random: &random)
        var executor = SampleExecutor()
        let small = noise(width: 25, height: 30, channels: 3)
        let output = try output()
        #expect(
            throws: AugmentationError.sourceMismatch(width: 25, height: 30, plannedWidth: 40, plannedHeight: 30)
        ) { _ = try executor.bytes(plan, small, output: output) }
        let large = noise(width: 41, height: 30, channels: 3)
        #expect(throws: AugmentationError.self) { _ = try executor.bytes(plan, large, output: output) }
        let gray = noise(width: 40, height: 30, channels: 1)
        #expect(throws: AugmentationError.channelMismatch(image: 1, shape: 3)) {
            _ = try executor.bytes(plan, gray, output: output)
        }
    }
}

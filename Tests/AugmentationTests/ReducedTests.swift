import DataTypes
import Foundation
import Testing

@testable import Augmentation

/// Plans carried out on an image that was reduced when it was decoded.
@Suite("reduced images")
struct ReducedTests {
    private static let ways: [[String: ParameterValue]] = [
        ["resize": .integer(24), "rand_crop": .bool(true), "rand_mirror": .bool(true)],
        ["resize": .integer(24), "rand_crop": .bool(true), "inter_method": .integer(2)],
        ["resize": .integer(27), "rand_crop": .bool(true), "inter_method": .integer(3)],
        ["resize": .integer(26), "rand_crop": .bool(true), "inter_method": .integer(4)],
        ["resize": .integer(33), "rand_crop": .bool(true), "inter_method": .integer(0)],
        ["resize": .integer(30), "max_rotate_angle": .integer(20), "pad": .integer(3)],
        ["random_resized_crop": .bool(true), "min_random_area": .number(0.1), "max_aspect_ratio": .number(0.3)],
        [
            "random_resized_crop": .bool(true), "min_random_area": .number(0.5), "inter_method": .integer(9),
            "brightness": .number(0.3), "rand_mirror": .bool(true),
        ],
    ]

    private static func output(_ layout: SlotFormat.Layout = .channelsLast) throws -> SampleOutput {
        try SampleOutput(
            format: SlotFormat(elementType: .uint8, layout: layout, channels: 3, height: 20, width: 22),
            normalisation: Normalisation())
    }

    private static func plans(
        _ given: [String: ParameterValue], width: Int, height: Int, count: Int
    ) throws -> [SamplePlan] {
        let planner = SamplePlanner(try parameters(given, height: 20, width: 22))
        return try (0..<count).map { record in
            var random = KeyedRandom(seed: 6, epoch: 0, record: UInt64(record))
            return try planner.plan(width: width, height: height, random: &random)
        }
    }

    @Test("the needed part of a reduced image gives the same sample as all of it", arguments: ways, [2, 4, 8])
    func windows(given: [String: ParameterValue], reduction: Int) throws {
        let (width, height) = (313, 271)
        let source = noise(
            width: (width + reduction - 1) / reduction, height: (height + reduction - 1) / reduction, channels: 3)
        var executor = SampleExecutor()
        for var plan in try Self.plans(given, width: width, height: height, count: 40) {
            // Larger ones work too; they are only less like the exact image.
            plan.reduction = reduction
            let needed = plan.neededSource
            let part = cut(source, needed)
            let output = try Self.output()
            #expect(
                try executor.bytes(plan, part, origin: (needed.x, needed.y), output: output)
                    == executor.bytes(plan, source, output: output), "\(plan)")
        }
    }

    /// Where colours change evenly over an image, the mean of some pixels is the colour at their middle, and every kernel
    /// finds the colour that is where a pixel comes from: a sample shows whether that is the same place.
    @Test("the place that a pixel comes from is that of the exact sample", arguments: ways, [2, 4])
    func places(given: [String: ParameterValue], reduction: Int) throws {
        // Nearest neighbours are a matter of half a pixel of the reduced image.
        let isNearest = given["inter_method"] == .integer(0)
        for (width, height) in [(320, 240), (303, 257), (221, 331)] {
            let exact = Self.slope(width, height, reduction: 1)
            let reduced = Self.slope(width, height, reduction: reduction)
            var executor = SampleExecutor()
            for var plan in try Self.plans(given, width: width, height: height, count: 20)
            where plan.largestReduction >= reduction {
                let expected = try executor.bytes(plan, exact, output: Self.output())
                plan.reduction = reduction
                let found = try executor.bytes(plan, reduced, output: Self.output())
                let most = zip(expected, found).map { abs(Int($0) - Int($1)) }.max() ?? 0
                // Half a level of rounding on both ways; at the edge the mean is one of fewer pixels.
                #expect(most <= (isNearest ? 2 * reduction : 2), "\(plan)")
            }
        }
    }

    /// A level is a pixel or two: the tests above would see a pixel's shift.
    private static func slope(_ width: Int, _ height: Int, reduction: Int) -> PixelBuffer {
        let (columns, rows) = ((width + reduction - 1) / reduction, (height + reduction - 1) / reduction)
        var values: [UInt8] = []
        for row in 0..<rows {
            for column in 0..<columns {
                let x = (Double(column) + 0.5) * Double(reduction)
                let y = (Double(row) + 0.5) * Double(reduction)
                for value in [x * 0.7, y * 0.7, (x + y) * 0.4] { values.append(UInt8(min(255, value.rounded()))) }
            }
        }
        return image(width: columns, height: rows, channels: 3, values)
    }

    @Test("an image is reduced as far as leaves a pixel for each of the first resize, and not before another step")
    func largest() throws {
        let crop = PixelRect(x: 3, y: 5, width: 101, height: 90)
        var plan = SamplePlan(sourceWidth: 400, sourceHeight: 300, crop: crop)
        #expect(plan.largestReduction == 1)
        for (width, expected) in [(101, 1), (51, 1), (50, 2), (26, 2), (25, 4), (13, 4), (12, 8), (5, 8)] {
            plan.cropResize = SamplePlan.Resize(width: width, height: 5, kernel: .linear)
            #expect(plan.largestReduction == expected)
        }
        plan.cropResize = SamplePlan.Resize(width: 5, height: 80, kernel: .linear)
        #expect(plan.largestReduction == 1)
        plan.resize = SamplePlan.Resize(width: 200, height: 150, kernel: .linear)
        #expect(plan.largestReduction == 2)
        plan.resize = nil
        plan.cropResize = SamplePlan.Resize(width: 12, height: 5, kernel: .linear)
        plan.pad = 1
        #expect(plan.largestReduction == 1)

        var objects = DetectionPlan(sourceWidth: 400, sourceHeight: 300, crop: crop)
        #expect(objects.largestReduction == 1)
        objects.fit = SamplePlan.Resize(width: 25, height: 20, kernel: .area)
        #expect(objects.largestReduction == 4)
        objects.isMirrored = true
        #expect(objects.largestReduction == 1)
        objects.resize = SamplePlan.Resize(width: 199, height: 150, kernel: .area)
        #expect(objects.largestReduction == 2)
    }

    @Test("an image of another reduction than the plan's is refused")
    func otherReduction() throws {
        var plan = try #require(try Self.plans(Self.ways[0], width: 200, height: 160, count: 1).first)
        plan.reduction = 2
        var executor = SampleExecutor()
        #expect(throws: AugmentationError.self) {
            try executor.bytes(plan, noise(width: 200, height: 160, channels: 3), output: Self.output())
        }
    }
}

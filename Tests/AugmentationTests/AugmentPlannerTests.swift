import DataTypes
import Testing

@testable import Augmentation

struct AugmentPlannerTests {
    /// The plans of that many samples of an image.
    private static func plans(
        _ count: Int, _ text: String, width: Int = 120, height: Int = 100, output: (Int, Int) = (64, 56)
    ) throws -> [AugmentPlan] {
        let planner = AugmentPlanner(try augmenters(text), width: output.0, height: output.1)
        return try (0..<count).map { record in
            var plan = AugmentPlan()
            var random = KeyedRandom(seed: 3, epoch: 0, record: UInt64(record))
            try planner.plan(width: width, height: height, into: &plan, random: &random)
            return plan
        }
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func deviation(_ values: [Double]) -> Double {
        let mean = mean(values)
        return Self.mean(values.map { ($0 - mean) * ($0 - mean) }).squareRoot()
    }

    /// The cut-outs of plans whose only crop is the first step.
    private static func crops(_ plans: [AugmentPlan]) -> [PixelRect] {
        plans.map {
            if case .crop(let rect)? = $0.steps.first {
                rect
            } else {
                PixelRect(width: $0.sourceWidth, height: $0.sourceHeight)
            }
        }
    }

    @Test("random crops lie everywhere alike")
    func uniformOffsets() throws {
        let crops = Self.crops(
            try Self.plans(4000, "[[\"RandomCropAug\", [[\"size\", [112, 96]]]]]", output: (112, 96)))
        for (values, count) in [(crops.map(\.x), 9), (crops.map(\.y), 5)] {
            let counts = (0..<count).map { offset in values.count { $0 == offset } }
            #expect(counts.reduce(0, +) == 4000)
            // Five standard deviations of a count.
            let expected = 4000.0 / Double(count)
            #expect(counts.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() }, "\(counts)")
        }
    }

    @Test("sizes of random sized crops have MXNet's distribution")
    func sizedCrops() throws {
        let text =
            "[[\"RandomSizedCropAug\", [[\"size\", [64, 56]], [\"area\", [0.08, 1]], [\"ratio\", [0.75, 1.3333333]]]]]"
        let crops = Self.crops(try Self.plans(4000, text))
        // Means and deviations of 2000 crops of a picture of the same size, taken by MXNet 1.9.1.
        let measured: [([Double], Double, Double)] = [
            (crops.map { Double($0.width) }, 73.47, 22.19), (crops.map { Double($0.height) }, 70.97, 19.03),
            (crops.map { Double($0.x) }, 23.06, 18.27), (crops.map { Double($0.y) }, 14.33, 13.76),
            (crops.map { Double($0.width * $0.height) / 12000 }, 0.464, 0.231),
            (crops.map { Double($0.width) / Double($0.height) }, 1.039, 0.1635),
        ]
        for (values, mean, deviation) in measured {
            // Five standard errors of the difference of two samples.
            let error = deviation * (1.0 / 2000 + 1.0 / 4000).squareRoot()
            #expect(abs(Self.mean(values) - mean) < 5 * error)
            #expect(abs(Self.deviation(values) - deviation) < 0.08 * deviation)
        }
        for rect in crops {
            #expect(rect.isInside(width: 120, height: 100))
            #expect((0.075...1).contains(Double(rect.width * rect.height) / 12000))
            #expect((0.73...1.37).contains(Double(rect.width) / Double(rect.height)))
        }
    }

    @Test("after ten sizes that do not fit the middle is taken")
    func fallBack() throws {
        let text = "[[\"RandomSizedCropAug\", [[\"size\", [64, 56]], [\"area\", [4, 5]], [\"ratio\", [1, 1]]]]]"
        let crops = Self.crops(try Self.plans(20, text))
        #expect(crops.allSatisfy { $0 == PixelRect(x: 28, y: 22, width: 64, height: 56) })
    }

    @Test(
        "a crop larger than the image is scaled down and its cut-out enlarged",
        arguments: [(50, 100, 50, 43), (200, 30, 34, 30)])
    func scaledDown(width: Int, height: Int, cropWidth: Int, cropHeight: Int) throws {
        let plan = try Self.plans(
            1, "[[\"CenterCropAug\", [[\"size\", [64, 56]]]]]", width: width, height: height)[0]
        let rect = PixelRect(
            x: (width - cropWidth) / 2, y: (height - cropHeight) / 2, width: cropWidth, height: cropHeight)
        #expect(plan.steps.first == .crop(rect))
        #expect(
            plan.steps.last
                == .resize(
                    SamplePlan.Resize(width: 64, height: 56, kernel: .cubic), rect: PixelRect(width: 64, height: 56)))
    }

    @Test("flips and grays have their probability")
    func probabilities() throws {
        let text = "[[\"HorizontalFlipAug\", [[\"p\", 0.3]]], [\"RandomGrayAug\", [[\"p\", 0.7]]]]"
        let plans = try Self.plans(4000, text, output: (120, 100))
        let flips = plans.count { $0.steps.contains(.mirror) }
        let grays = plans.count { $0.steps.contains(.mix(.gray)) }
        let both = plans.count { $0.steps == [.mirror, .mix(.gray)] }
        // Five standard deviations; the two are independent.
        #expect(abs(flips - 1200) < 145 && abs(grays - 2800) < 145 && abs(both - 840) < 130)
    }

    @Test("a list in random order has every order alike, within other lists too")
    func orders() throws {
        let members =
            "[[\"BrightnessJitterAug\", [[\"brightness\", 0.5]]], [\"ContrastJitterAug\", [[\"contrast\", 0.5]]], "
            + "[\"RandomOrderAug\", [[\"ts\", [[\"SaturationJitterAug\", [[\"saturation\", 0.5]]], [\"HueJitterAug\", [[\"hue\", 0.5]]]]]]]]"
        let plans = try Self.plans(6000, "[[\"RandomOrderAug\", [[\"ts\", \(members)]]]]", output: (120, 100))
        var counts: [String: Int] = [:]
        for plan in plans {
            let letters = plan.steps.map { step in
                switch step {
                case .scale: "b"
                case .contrast: "c"
                case .saturation: "s"
                default: "h"
                }
            }
            counts[letters.joined(), default: 0] += 1
        }
        // Six orders of the three, each with two of the inner two.
        #expect(counts.count == 12)
        #expect(counts.values.allSatisfy { abs($0 - 500) < 112 }, "\(counts)")
    }

    @Test("random factors are uniform in 1 ± the limit, and noise is normal")
    func strengths() throws {
        let text =
            "[[\"BrightnessJitterAug\", [[\"brightness\", 0.3]]], [\"LightingAug\", [[\"alphastd\", 2], [\"eigval\", [1, 1, 1]], "
            + "[\"eigvec\", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]]]]]"
        var factors: [Double] = []
        var noise: [Double] = []
        for plan in try Self.plans(4000, text, output: (120, 100)) {
            guard case .scale(let factor) = plan.steps[0], case .offset(let offset) = plan.steps[1] else {
                Issue.record("other steps: \(plan.steps)")
                return
            }
            factors.append(Double(factor))
            noise += [Double(offset.red), Double(offset.green), Double(offset.blue)]
        }
        #expect(factors.allSatisfy { (0.7...1.3).contains($0) })
        #expect(abs(Self.mean(factors) - 1) < 5 * 0.173 / 63 && abs(Self.deviation(factors) - 0.1732) < 0.01)
        #expect(abs(Self.mean(noise)) < 5 * 2 / 109 && abs(Self.deviation(noise) - 2) < 0.07)
        // Of a normal distribution 4.55 % lie beyond two deviations.
        #expect(abs(noise.count { abs($0) > 4 } - 546) < 115)
    }

    @Test("an image that the list leaves at another size is refused, and so are sizes that no image may have")
    func refused() throws {
        #expect(throws: AugmentationError.otherSize(width: 120, height: 100, shapeWidth: 64, shapeHeight: 56)) {
            try Self.plans(1, "[[\"CastAug\"]]")
        }
        for cast in ["", "[\"CastAug\"], "] {
            #expect(throws: AugmentationError.self) {
                try Self.plans(1, "[\(cast)[\"ResizeAug\", [[\"size\", 60000]]]]", width: 9000, height: 3)
            }
            // Each is allowed, all together are too much.
            let resizes = ["9000, 7000", "7000, 9000", "9000, 7000", "7000, 9000", "9000, 7000", "64, 56"]
                .map { "[\"ForceResizeAug\", [[\"size\", [\($0)]]]]" }.joined(separator: ", ")
            let error = #expect(throws: AugmentationError.self) { try Self.plans(1, "[\(cast)\(resizes)]") }
            guard case .tooMuchWork? = error else {
                Issue.record("another error: \(String(describing: error))")
                return
            }
        }
        // A crop that scaling down leaves without a pixel.
        #expect(throws: AugmentationError.self) {
            try Self.plans(1, "[[\"CenterCropAug\", [[\"size\", [4, 9000]]]]]", width: 100, height: 3)
        }
    }

    @Test("only what a crop keeps of a resize is computed")
    func mergedCrop() throws {
        let plan = try Self.plans(
            1, "[[\"ResizeAug\", [[\"size\", 80]]], [\"CenterCropAug\", [[\"size\", [64, 56]]]]]")[0]
        #expect(
            plan.steps == [
                .resize(
                    SamplePlan.Resize(width: 96, height: 80, kernel: .cubic),
                    rect: PixelRect(x: 16, y: 12, width: 64, height: 56))
            ])
    }

    @Test("behind a cast or a colour, images of fractions are resized")
    func fractions() throws {
        let late = "[[\"CastAug\"], [\"CenterCropAug\", [[\"size\", [64, 56]]]]]"
        #expect(try Self.plans(1, late)[0].steps == [.crop(PixelRect(x: 28, y: 22, width: 64, height: 56))])
        let enlarge = AugmentStep.resample(
            SamplePlan.Resize(width: 64, height: 56, kernel: .cubic), rect: PixelRect(width: 64, height: 56))
        #expect(
            try Self.plans(1, late, width: 40, height: 40)[0].steps
                == [.crop(PixelRect(x: 0, y: 2, width: 40, height: 35)), enlarge])
        let plan = try Self.plans(
            1,
            "[[\"BrightnessJitterAug\", [[\"brightness\", 0]]], [\"ResizeAug\", [[\"size\", 80]]], "
                + "[\"CenterCropAug\", [[\"size\", [64, 56]]]]]")[0]
        #expect(
            plan.steps == [
                .scale(1),
                .resample(
                    SamplePlan.Resize(width: 96, height: 80, kernel: .cubic),
                    rect: PixelRect(x: 16, y: 12, width: 64, height: 56)),
            ])
    }
}

import DataTypes
import Testing

@testable import Augmentation

@Suite("Sample planner")
struct PlannerTests {
    private func plan(
        _ given: [String: ParameterValue], image: (width: Int, height: Int), shape: (height: Int, width: Int) = (8, 8),
        record: Int = 0
    ) throws -> SamplePlan {
        var random = KeyedRandom(seed: 5, epoch: 0, record: UInt64(record))
        return try SamplePlanner(parameters(given, height: shape.height, width: shape.width))
            .plan(width: image.width, height: image.height, random: &random)
    }

    @Test("the same numbers give the same plan, others another")
    func determinism() throws {
        let given: [String: ParameterValue] = [
            "resize": .integer(40), "rand_crop": .bool(true), "rand_mirror": .bool(true),
            "max_rotate_angle": .integer(30),
            "brightness": .number(0.4), "random_h": .integer(30), "pca_noise": .number(0.1),
        ]
        let plans = try (0..<20).map { try plan(given, image: (80, 60), record: $0) }
        #expect(try plans == (0..<20).map { try plan(given, image: (80, 60), record: $0) })
        for (left, right) in zip(plans, plans.dropFirst()) { #expect(left != right) }
    }

    @Test("resize sets the shorter edge and keeps the aspect, cutting the fraction")
    func resize() throws {
        let wide = try plan(["resize": .integer(256)], image: (500, 375))
        #expect(wide.resize == SamplePlan.Resize(width: 341, height: 256, kernel: .linear))
        #expect(wide.crop == PixelRect(x: 166, y: 124, width: 8, height: 8))
        let tall = try plan(["resize": .integer(256), "inter_method": .integer(9)], image: (375, 500))
        #expect(tall.resize == SamplePlan.Resize(width: 256, height: 341, kernel: .area))
        #expect(try plan(["resize": .integer(40)], image: (40, 50)).resize == nil, "already of that size")
    }

    @Test("a small image is enlarged by its height, then by its width")
    func enlarging() throws {
        let result = try plan(["inter_method": .integer(9)], image: (10, 20), shape: (40, 44))
        #expect(result.heightEnlargement == SamplePlan.Resize(width: 20, height: 40, kernel: .cubic))
        #expect(result.widthEnlargement == SamplePlan.Resize(width: 44, height: 88, kernel: .cubic))
        #expect(result.crop == PixelRect(x: 0, y: 24, width: 44, height: 40))
    }

    @Test("an image that does not fit is an error with the facts")
    func errors() throws {
        #expect(throws: AugmentationError.imageSmallerThanCrop(width: 96, height: 72, cropSize: 300)) {
            try plan(["min_crop_size": .integer(300), "max_crop_size": .integer(300)], image: (96, 72))
        }
        #expect(throws: AugmentationError.emptyImage(step: "the affine step", width: 5, height: 0)) {
            try plan(["min_random_scale": .number(0.01), "max_random_scale": .number(0.01)], image: (500, 99))
        }
        #expect(throws: AugmentationError.self) { try plan(["resize": .integer(256)], image: (1, 60_000)) }
        #expect(throws: AugmentationError.self) { try plan(["pad": .integer(60_000)], image: (50, 50)) }
        #expect(throws: AugmentationError.self) { try plan([:], image: (0, 4)) }
        #expect(throws: AugmentationError.self) { try plan([:], image: (.max, .max)) }
        #expect(throws: AugmentationError.self) {
            try plan(["min_random_scale": .number(1000), "max_random_scale": .number(1000)], image: (500, 500))
        }
    }

    @Test("crops cover every place and stay inside")
    func randomCrops() throws {
        var columns: Set<Int> = []
        var lines: Set<Int> = []
        for record in 0..<400 {
            let crop = try plan(["rand_crop": .bool(true)], image: (12, 11), record: record).crop
            #expect(crop.isInside(width: 12, height: 11) && crop.width == 8 && crop.height == 8)
            columns.insert(crop.x)
            lines.insert(crop.y)
        }
        #expect(columns == Set(0...4) && lines == Set(0...3))
    }

    @Test("random_resized_crop keeps to its area and aspect ratio")
    func randomArea() throws {
        let given: [String: ParameterValue] = [
            "random_resized_crop": .bool(true), "min_random_area": .number(0.25), "max_random_area": .number(0.75),
            "max_aspect_ratio": .number(0.25),
        ]
        var areas: [Double] = []
        for record in 0..<500 {
            let result = try plan(given, image: (100, 80), record: record)
            #expect(result.crop.isInside(width: 100, height: 80))
            #expect(result.cropResize?.width == 8 && result.cropResize?.height == 8)
            let ratio = Double(result.crop.width) / Double(result.crop.height)
            // The sides may be swapped, and are rounded.
            #expect(ratio > 0.72 && ratio < 1 / 0.72)
            areas.append(Double(result.crop.width * result.crop.height) / 8000)
        }
        let mean = areas.reduce(0, +) / 500
        #expect(areas.min()! > 0.23 && areas.max()! < 0.77 && abs(mean - 0.5) < 0.03)
    }

    @Test("random_resized_crop that cannot fit falls back to a plain crop")
    func fallback() throws {
        let given: [String: ParameterValue] = [
            "random_resized_crop": .bool(true), "min_random_area": .number(2), "max_random_area": .number(3),
        ]
        let result = try plan(given, image: (20, 20))
        #expect(result.crop == PixelRect(x: 6, y: 6, width: 8, height: 8) && result.cropResize == nil)
    }

    @Test("half of the images are mirrored; mirror alone mirrors all")
    func mirror() throws {
        var count = 0
        for record in 0..<1000 where try plan(["rand_mirror": .bool(true)], image: (9, 9), record: record).isMirrored {
            count += 1
        }
        #expect((420...580).contains(count))
        #expect(try plan(["mirror": .bool(true)], image: (9, 9)).isMirrored)
        #expect(try !plan([:], image: (9, 9)).isMirrored)
    }

    @Test("without contrast and illumination the factors are exactly 1 and 0")
    func neutral() throws {
        let result = try plan([:], image: (9, 9))
        #expect(result.contrast == 1 && result.illumination == 0)
        #expect(result.jitter == nil && result.hlsShift == nil && result.noise == nil)
    }

    @Test("inter_method 10 uses all five kernels")
    func randomKernel() throws {
        let kernels = try (0..<100).map {
            try plan(["resize": .integer(20), "inter_method": .integer(10)], image: (50, 40), record: $0).resize?.kernel
        }
        #expect(Set(kernels) == Set(Interpolation.allCases))
    }

    @Test("jitter comes in all six orders and within its range")
    func jitter() throws {
        var orders: Set<[SamplePlan.Jitter.Operation]> = []
        for record in 0..<200 {
            let result = try plan(["brightness": .number(0.3)], image: (9, 9), record: record)
            let jitter = try #require(result.jitter)
            #expect(abs(jitter.brightness - 1) <= 0.3 && jitter.contrast == 1 && jitter.saturation == 1)
            orders.insert([jitter.first, jitter.second, jitter.third])
        }
        #expect(orders.count == 6)
    }

    @Test("rotate_list overrides rotate, and each of its angles comes")
    func rotateList() throws {
        var sines: Set<Int> = []
        for record in 0..<100 {
            let result = try plan(
                ["rotate": .integer(45), "rotate_list": .string("0,90,270")], image: (20, 20), record: record)
            let affine = try #require(result.affine)
            sines.insert(Int((affine.matrix[1] * 100).rounded()))
        }
        #expect(sines == [0, 100, -100])
    }
}

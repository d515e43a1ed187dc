import DataTypes
import Testing

@testable import Augmentation

/// Parameters of the detection augmenter with these values given.
private func detection(
    _ given: [String: ParameterValue], channels: Int = 3, height: Int = 60, width: Int = 70
) throws(ParameterError) -> DetectionParameters {
    let values = try ParameterValues(given, specs: DetectionParameters.specs, iterator: "ImageDetRecordIter")
    return try DetectionParameters(values, dataShape: (channels, height, width))
}

private func labels(_ values: [Float]) throws(ObjectLabelFault) -> ObjectLabels {
    var result = ObjectLabels()
    try result.load(count: values.count) { values[$0] }
    return result
}

/// A black picture with one object: pure red (last in BGR) in columns 30 ..< 66 and rows 20 ..< 52.
private let objectColumns = 30..<66
private let objectLines = 20..<52
private let (pictureWidth, pictureHeight) = (120, 100)
private let objectLabels: [Float] = [2, 5, 4, 30 / 120, 20 / 100, 66 / 120, 52 / 100]

private func picture() -> PixelBuffer {
    var values = [UInt8](repeating: 0, count: pictureWidth * pictureHeight * 3)
    for y in objectLines { for x in objectColumns { values[(y * pictureWidth + x) * 3 + 2] = 255 } }
    return image(width: pictureWidth, height: pictureHeight, channels: 3, values)
}

struct DetectionTests {
    private static let everything: [String: ParameterValue] = [
        "rand_mirror_prob": .number(0.5), "rand_pad_prob": .number(0.5), "max_pad_scale": .number(2),
        "rand_crop_prob": .number(0.7), "min_crop_scales": .number(0.4), "min_crop_aspect_ratios": .number(0.6),
        "max_crop_aspect_ratios": .number(1.6), "fill_value": .integer(7), "inter_method": .integer(0),
    ]

    @Test("the needed part of the image gives the same sample", arguments: ["force", "shrink", "fit"], [false, true])
    func windows(mode: String, resizes: Bool) throws {
        var given = Self.everything
        given["resize_mode"] = .string(mode)
        given["random_hue_prob"] = .number(0.3)
        given["max_random_hue"] = .integer(20)
        if resizes { given["resize"] = .integer(80) }
        let planner = DetectionPlanner(try detection(given))
        let output = try SampleOutput(
            format: SlotFormat(elementType: .uint8, layout: .channelsLast, channels: 3, height: 60, width: 70),
            normalisation: Normalisation(
                detection: try ParameterValues([:], specs: DetectionParameters.specs, iterator: "")))
        let source = noise(width: pictureWidth, height: pictureHeight, channels: 3)
        var executor = SampleExecutor()
        var smaller = 0
        for record in 0..<200 {
            var moved = try labels(objectLabels)
            var random = KeyedRandom(seed: 4, epoch: 0, record: UInt64(record))
            let plan = try planner.plan(width: pictureWidth, height: pictureHeight, labels: &moved, random: &random)
            let needed = plan.neededSource
            if needed.width < pictureWidth || needed.height < pictureHeight { smaller += 1 }
            let part = cut(source, needed)
            #expect(
                try executor.bytes(plan, part, origin: (needed.x, needed.y), output: output)
                    == executor.bytes(plan, source, output: output), "\(plan)")
        }
        #expect(smaller > 20)
    }

    @Test(
        "the object's pixels lie where its box says, whatever is done to the image",
        arguments: ["force", "shrink", "fit"])
    func boxesFollowPixels(mode: String) throws {
        var given = Self.everything
        given["resize_mode"] = .string(mode)
        let planner = DetectionPlanner(try detection(given))
        let output = try SampleOutput(
            format: SlotFormat(elementType: .uint8, layout: .channelsLast, channels: 3, height: 60, width: 70),
            normalisation: Normalisation(
                detection: try ParameterValues([:], specs: DetectionParameters.specs, iterator: "")))
        let source = picture()
        var executor = SampleExecutor()
        var (mirrored, padded, cropped, dropped) = (0, 0, 0, 0)
        for record in 0..<400 {
            var moved = try labels(objectLabels)
            var random = KeyedRandom(seed: 1, epoch: 0, record: UInt64(record))
            let plan = try planner.plan(width: pictureWidth, height: pictureHeight, labels: &moved, random: &random)
            if plan.isMirrored { mirrored += 1 }
            if plan.border != nil { padded += 1 }
            if plan.crop.width < pictureWidth { cropped += 1 }
            let slot = try executor.bytes(plan, source, output: output)
            guard moved.objectCount == 1 else {
                dropped += 1
                continue
            }
            #expect(Array(moved.values.prefix(3)) == [2, 5, 4])
            let box = moved[0]
            #expect(box.left >= 0 && box.top >= 0 && box.right <= 1 && box.bottom <= 1)
            let (width, height) = (Float(plan.contentWidth), Float(plan.contentHeight))
            // A border and a crop each drop a fraction of a source pixel at either end.
            let slackX = 1 + 2 * width / Float(plan.crop.width)
            let slackY = 1 + 2 * height / Float(plan.crop.height)
            var (outside, inside, shown) = (0, 0, 0)
            for y in 0..<60 {
                for x in 0..<70 where slot[(y * 70 + x) * 3] == 255 {
                    shown += 1
                    let fits =
                        Float(x) >= box.left * width - slackX && Float(x) <= box.right * width + slackX
                        && Float(y) >= box.top * height - slackY && Float(y) <= box.bottom * height + slackY
                    if fits { inside += 1 } else { outside += 1 }
                }
            }
            #expect(outside == 0, "record \(record): \(outside) of \(shown) pixels outside")
            // And the box is no larger than what is seen.
            let area =
                max(0, (box.right - box.left) * width - 2 * slackX)
                * max(0, (box.bottom - box.top) * height - 2 * slackY)
            #expect(Float(inside) >= area, "record \(record)")
        }
        // The samples are of all kinds.
        #expect(mirrored > 100 && padded > 100 && cropped > 100 && dropped == 0)
    }

    @Test(
        "what is beside a smaller image is 0 before normalisation, and the image is in the corner", arguments: [0, 1])
    func uncovered(kernel: Int) throws {
        let planner = DetectionPlanner(
            try detection(["resize_mode": .string("fit"), "inter_method": .integer(kernel)], height: 50, width: 90))
        let values = try ParameterValues(
            ["mean_r": .number(10), "std_r": .number(2), "scale": .number(3)], specs: DetectionParameters.specs,
            iterator: "")
        let output = try SampleOutput(
            format: SlotFormat(elementType: .float32, layout: .channelsFirst, channels: 3, height: 50, width: 90),
            normalisation: Normalisation(detection: values))
        var moved = try labels(objectLabels)
        var random = KeyedRandom(seed: 1, epoch: 0, record: 0)
        let plan = try planner.plan(width: pictureWidth, height: pictureHeight, labels: &moved, random: &random)
        #expect((plan.contentWidth, plan.contentHeight) == (60, 50))
        var executor = SampleExecutor()
        let slot = try executor.bytes(plan, picture(), output: output)
        for x in [60, 75, 89] {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(slot[(20 * 90 + x) * 4 + $1]) << UInt32(8 * $1) }
            #expect(Float(bitPattern: bits) == (0 - 10) / 2 * 3)
        }
    }

    @Test("a crop that is taken satisfies its sampler, and one that cannot be leaves the image whole")
    func constraints() throws {
        let whole = PixelRect(width: pictureWidth, height: pictureHeight)
        let object = RelativeBox(x: 0.25, y: 0.2, width: 0.3, height: 0.32)
        let rules: [(String, Float, (RelativeBox) -> Float)] = [
            ("min_crop_overlaps", 0.3, { $0.overlap(with: object) }),
            ("min_crop_sample_coverages", 0.25, { $0.sharedArea(with: object) / $0.area }),
            ("min_crop_object_coverages", 0.9, { $0.sharedArea(with: object) / object.area }),
        ]
        for (name, limit, measure) in rules {
            let planner = DetectionPlanner(
                try detection([
                    "rand_crop_prob": .number(1), "min_crop_scales": .number(0.2), name: .number(Double(limit)),
                    "max_crop_trials": .integer(100),
                ]))
            var crops = 0
            for record in 0..<200 {
                var moved = try labels(objectLabels)
                var random = KeyedRandom(seed: 3, epoch: 0, record: UInt64(record))
                let plan = try planner.plan(width: pictureWidth, height: pictureHeight, labels: &moved, random: &random)
                guard plan.crop != whole else { continue }
                crops += 1
                let crop = RelativeBox(
                    x: Float(plan.crop.x) / 120, y: Float(plan.crop.y) / 100, width: Float(plan.crop.width) / 120,
                    height: Float(plan.crop.height) / 100)
                // The pixels of the crop are rounded, its fractions are what was measured.
                #expect(measure(crop) > limit - 0.06, "\(name), record \(record)")
                #expect(moved.objectCount == 1)
            }
            #expect(crops > 100, "\(name)")
        }
        let impossible = DetectionPlanner(
            try detection([
                "rand_crop_prob": .number(1), "max_crop_scales": .number(0.3), "min_crop_overlaps": .number(0.99),
            ]))
        var moved = try labels(objectLabels)
        var random = KeyedRandom(seed: 3, epoch: 0, record: 0)
        let plan = try impossible.plan(width: pictureWidth, height: pictureHeight, labels: &moved, random: &random)
        #expect(plan.crop == whole && moved.values == objectLabels)
    }

    @Test("a crop keeps objects by their centre, or by how much of them it shows")
    func emission() throws {
        let objects: [Float] = [2, 5, 0, 0, 0, 0.2, 0.2, 1, 0.4, 0.4, 0.6, 0.6, 2, 0.8, 0.8, 1, 1]
        for mode in ["center", "overlap"] {
            let planner = DetectionPlanner(
                try detection([
                    "rand_crop_prob": .number(1), "min_crop_scales": .number(0.3), "max_crop_scales": .number(0.7),
                    "crop_emit_mode": .string(mode), "emit_overlap_thresh": .number(0.6),
                ]))
            var seen: Set<Int> = []
            for record in 0..<300 {
                var moved = try labels(objects)
                var random = KeyedRandom(seed: 5, epoch: 0, record: UInt64(record))
                let plan = try planner.plan(width: 1000, height: 1000, labels: &moved, random: &random)
                if plan.crop.width == 1000 { continue }
                let crop = RelativeBox(
                    x: Float(plan.crop.x) / 1000, y: Float(plan.crop.y) / 1000, width: Float(plan.crop.width) / 1000,
                    height: Float(plan.crop.height) / 1000)
                let kept = Set((0..<moved.objectCount).map { Int(moved.values[2 + 5 * $0]) })
                #expect(!kept.isEmpty)
                for object in 0..<3 {
                    let corner = Float(object) * 0.4
                    let box = RelativeBox(x: corner, y: corner, width: 0.2, height: 0.2)
                    let (margin, isKept): (Float, Bool)
                    if mode == "center" {
                        let centre = corner + 0.1
                        isKept = crop.contains(x: centre, y: centre)
                        margin =
                            [crop.x, crop.x + crop.width, crop.y, crop.y + crop.height]
                            .map { abs($0 - centre) }.min() ?? 0
                    } else {
                        isKept = crop.sharedArea(with: box) / box.area > 0.6
                        margin = abs(crop.sharedArea(with: box) / box.area - 0.6)
                    }
                    // Too close to call: the crop's pixels are rounded.
                    if margin < 0.02 { continue }
                    #expect(kept.contains(object) == isKept, "\(mode), record \(record), object \(object)")
                }
                seen.formUnion(kept)
            }
            #expect(seen == [0, 1, 2])
        }
    }

    @Test("objects without area or with corners that are no numbers are dropped, the rest keeps its extra labels")
    func invalidObjects() throws {
        let loaded = try labels([
            3, 6, 9, 0, 0.5, 0.1, 0.5, 0.3, 7, 1, 0.1, 0.1, 0.2, 0.3, 8, 2, .nan, 0, 1, 1, 9, 3, 0.4, 0.6, 0.5, 0.5, 1,
        ])
        #expect(loaded.values == [3, 6, 9, 1, 0.1, 0.1, 0.2, 0.3, 8])
    }

    @Test(
        "labels that describe no objects are refused with a reason",
        arguments: [
            ([1], ObjectLabelFault.tooFew(labelCount: 1)), ([1, 5, 0, 0, 0, 1, 1], .badHeaderWidth(1, labelCount: 7)),
            ([8, 5, 0, 0, 0, 1, 1], .badHeaderWidth(8, labelCount: 7)), ([2, 4, 0, 0, 0, 1, 1], .badObjectWidth(4)),
            ([2, .infinity, 0, 0, 0, 1, 1], .badObjectWidth(.infinity)),
            ([2, 5, 0, 0, 0, 1, 1, 0], .ragged(labelCount: 8, headerWidth: 2, objectWidth: 5)),
        ] as [([Float], ObjectLabelFault)])
    func faults(values: [Float], fault: ObjectLabelFault) {
        #expect(throws: fault) { try labels(values) }
    }

    @Test("colour is shifted in the images that chance chooses, within its limits")
    func colour() throws {
        let planner = DetectionPlanner(
            try detection([
                "random_hue_prob": .number(0.5), "max_random_hue": .integer(18), "random_contrast_prob": .number(1),
                "max_random_contrast": .number(0.5),
            ]))
        var hues: [Int] = []
        for record in 0..<400 {
            var moved = try labels(objectLabels)
            var random = KeyedRandom(seed: 2, epoch: 0, record: UInt64(record))
            let plan = try planner.plan(width: 120, height: 100, labels: &moved, random: &random)
            if let shift = plan.hlsShift {
                hues.append(shift.hue)
                #expect(shift.saturation == 0 && shift.lightness == 0)
            }
            if let factor = plan.contrast { #expect(factor >= 0.5 && factor <= 1.5) }
        }
        #expect(hues.count > 120 && hues.count < 280)
        #expect((hues.min() ?? 0) <= -14 && (hues.max() ?? 0) >= 14 && hues.allSatisfy { abs($0) <= 18 })
    }

    @Test(
        "values that make no sense are refused by name",
        arguments: [
            (
                ["min_crop_scales": .list([.number(0.1), .number(0.2)]), "num_crop_sampler": .integer(3)],
                "num_crop_sampler"
            ),
            (["min_crop_scales": .number(0.5), "max_crop_scales": .number(0.5)], "min_crop_scales"),
            (["max_crop_scales": .number(1.5)], "max_crop_scales"),
            (["min_crop_overlaps": .number(2)], "min_crop_overlaps"),
            (["min_crop_aspect_ratios": .string("nan")], "min_crop_aspect_ratios"),
            (["max_crop_trials": .integer(-1)], "max_crop_trials"), (["resize": .integer(0)], "resize"),
            (["inter_method": .integer(5)], "inter_method"), (["rand_crop_prob": .number(1.5)], "rand_crop_prob"),
        ] as [([String: ParameterValue], String)])
    func refused(given: [String: ParameterValue], name: String) {
        let error = #expect(throws: ParameterError.self) { try detection(given) }
        #expect(error?.description.contains(name) == true)
    }

    @Test("hue, saturation and lightness need three channels; contrast does not")
    func channels() throws {
        let hue: [String: ParameterValue] = ["random_hue_prob": .number(1), "max_random_hue": .integer(9)]
        #expect(throws: ParameterError.self) { try detection(hue, channels: 1) }
        _ = try detection(["random_contrast_prob": .number(1), "max_random_contrast": .number(0.2)], channels: 1)
    }

    @Test("an image that a step would make empty or enormous is refused")
    func sizes() throws {
        let fit = DetectionPlanner(try detection(["resize_mode": .string("fit")]))
        let pad = DetectionPlanner(
            try detection(["rand_pad_prob": .number(1), "max_pad_scale": .number(1000)]), maxPixels: 1 << 20)
        var moved = try labels(objectLabels)
        var random = KeyedRandom(seed: 2, epoch: 0, record: 0)
        #expect(throws: AugmentationError.self) {
            _ = try fit.plan(width: 20_000, height: 1, labels: &moved, random: &random)
        }
        #expect(throws: AugmentationError.self) {
            _ = try pad.plan(width: 1000, height: 1000, labels: &moved, random: &random)
        }
    }
}

extension SampleExecutor {
    /// The bytes of one sample, in a slot that was full of something else before.
    fileprivate mutating func bytes(
        _ plan: DetectionPlan, _ source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0), output: SampleOutput
    ) throws(AugmentationError) -> [UInt8] {
        var slot = [UInt8](repeating: 0xAB, count: output.format.byteCount)
        var span = slot.mutableSpan
        // Any byte is a UInt8.
        var raw = unsafe span.mutableBytes
        try run(plan, source: source, origin: origin, output: output, into: &raw)
        return slot
    }
}

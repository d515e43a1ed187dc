import DataTypes
import Testing

@testable import Augmentation

/// A black picture with one object: pure red (last in BGR) in columns 30 ..< 66 and rows 20 ..< 52.
private let (pictureWidth, pictureHeight) = (120, 100)
private let objectLabels: [Float] = [2, 5, 4, 30 / 120, 20 / 100, 66 / 120, 52 / 100]

private func picture() -> PixelBuffer {
    var values = [UInt8](repeating: 0, count: pictureWidth * pictureHeight * 3)
    for y in 20..<52 { for x in 30..<66 { values[(y * pictureWidth + x) * 3 + 2] = 255 } }
    return image(width: pictureWidth, height: pictureHeight, channels: 3, values)
}

private func labels(_ values: [Float]) throws(ObjectLabelFault) -> ObjectLabels {
    var result = ObjectLabels()
    try result.load(count: values.count) { values[$0] }
    return result
}

struct AugmentDetectionTests {
    private static func plan(
        _ augmenters: [DetectionAugmenter], _ labels: inout ObjectLabels, record: Int, output: (Int, Int) = (70, 60)
    ) throws -> AugmentPlan {
        let planner = AugmentPlanner([], width: output.0, height: output.1)
        var plan = AugmentPlan()
        var random = KeyedRandom(seed: 5, epoch: 0, record: UInt64(record))
        try planner.plan(
            augmenters, width: pictureWidth, height: pictureHeight, labels: &labels, into: &plan, random: &random)
        return plan
    }

    @Test("the object's pixels lie where its box says, whatever is done to the image")
    func boxesFollowPixels() throws {
        let list = try detectionAugmenters(
            """
            [["DetRandomSelectAug", [["skip_prob", 0.3], ["aug_list", [
                ["DetRandomCropAug", [["min_object_covered", 0.3], ["area_range", [0.1, 0.9]]]],
                ["DetRandomCropAug", [["min_object_covered", 0.9], ["area_range", [0.3, 1]]]]]]]],
             ["DetHorizontalFlipAug", [["p", 0.5]]],
             ["DetRandomSelectAug", [["skip_prob", 0.5], ["aug_list", [["DetRandomPadAug", [["pad_val", [7, 9, 11]]]]]]]],
             ["DetHorizontalFlipAug", [["p", 0.5]]],
             ["DetBorrowAug", [["augmenter", ["ForceResizeAug", [["size", [70, 60]], ["interp", 0]]]]]]]
            """)
        let source = picture()
        var executor = SampleExecutor()
        var (mirrored, padded, cropped) = (0, 0, 0)
        for record in 0..<400 {
            var moved = try labels(objectLabels)
            let plan = try Self.plan(list, &moved, record: record)
            // How many pixels of the image before the last resize make one of the sample.
            var (width, height) = (pictureWidth, pictureHeight)
            for step in plan.steps {
                switch step {
                case .mirror: mirrored += 1
                case .crop(let rect):
                    cropped += 1
                    (width, height) = (rect.width, rect.height)
                case .border(let border, _):
                    padded += 1
                    width += border.left + border.right
                    height += border.top + border.bottom
                default: break
                }
            }
            let sample = try executor.floats(plan, source)
            #expect(moved.objectCount == 1 && moved.labels(ofObject: 0).first == 4)
            let box = moved[0]
            #expect(box.left >= 0 && box.top >= 0 && box.right <= 1 && box.bottom <= 1)
            let (slackX, slackY) = (1 + 70 / Float(width), 1 + 60 / Float(height))
            var (outside, inside) = (0, 0)
            for y in 0..<60 {
                for x in 0..<70 where sample[y * 70 + x] == 255 {
                    let fits =
                        Float(x) >= box.left * 70 - slackX && Float(x) <= box.right * 70 + slackX
                        && Float(y) >= box.top * 60 - slackY && Float(y) <= box.bottom * 60 + slackY
                    if fits { inside += 1 } else { outside += 1 }
                }
            }
            #expect(outside == 0, "record \(record): \(outside) pixels outside")
            // And the box is no larger than what is seen.
            let area =
                max(0, (box.right - box.left) * 70 - 2 * slackX) * max(0, (box.bottom - box.top) * 60 - 2 * slackY)
            #expect(Float(inside) >= area, "record \(record)")
        }
        #expect(mirrored > 300 && padded > 120 && cropped > 200)
    }

    @Test("crops have the size asked for, show enough of what they touch, and keep no object of which little is left")
    func crops() throws {
        let crop = BoxedCrop(
            minObjectCovered: 0.4, aspectRatio: Augmenter.Interval(0.75, 1.33), area: Augmenter.Interval(0.2, 0.5),
            minEjectCoverage: 0.6)
        let first = RelativeBox(x: 0.25, y: 0.2, width: 0.3, height: 0.32)
        let second = RelativeBox(x: 0.6, y: 0.6, width: 0.3, height: 0.3)
        let both: [Float] = [2, 5, 1, 0.25, 0.2, 0.55, 0.52, 2, 0.6, 0.6, 0.9, 0.9]
        var (taken, dropped) = (0, 0)
        for record in 0..<600 {
            var moved = try labels(both)
            var random = KeyedRandom(seed: 1, epoch: 0, record: UInt64(record))
            guard let rect = crop.choose(from: (pictureWidth, pictureHeight), &moved, random: &random) else { continue }
            taken += 1
            let area = Double(rect.width * rect.height)
            #expect(rect.isInside(width: 120, height: 100) && (2400...6000).contains(area))
            #expect((0.7...1.4).contains(Double(rect.width) / Double(rect.height)))
            let box = RelativeBox(
                x: Float(rect.x) / 120, y: Float(rect.y) / 100, width: Float(rect.width) / 120,
                height: Float(rect.height) / 100)
            let covered = [first, second].map { box.sharedArea(with: $0) / $0.area }
            #expect(covered.allSatisfy { $0 == 0 || $0 > 0.399 } && covered.contains { $0 > 0 })
            let kept = Set((0..<moved.objectCount).map { moved.labels(ofObject: $0).first! })
            for (name, part) in zip([Float(1), 2], covered) where abs(part - 0.6) > 1e-4 {
                #expect(kept.contains(name) == (part > 0.6))
                if part > 0, part < 0.6 { dropped += 1 }
            }
        }
        #expect(taken > 500 && dropped > 20)
    }

    @Test("a crop that cannot be had leaves image and labels as they are, and takes as many tries as it may")
    func impossible() throws {
        let impossible = [
            BoxedCrop(minObjectCovered: 1), BoxedCrop(area: Augmenter.Interval(0, 0)), BoxedCrop(maxAttempts: 0),
            BoxedCrop(area: Augmenter.Interval(1.5, 3)), BoxedCrop(minEjectCoverage: 1.5),
        ]
        for crop in impossible {
            var moved = try labels(objectLabels)
            var random = KeyedRandom(seed: 1, epoch: 0, record: 0)
            #expect(crop.choose(from: (pictureWidth, pictureHeight), &moved, random: &random) == nil, "\(crop)")
            #expect(moved.values == objectLabels)
        }
    }

    @Test("an extreme image or range neither traps nor leaves the image", arguments: [1, 2, 9, 65_535])
    func extremes(long: Int) throws {
        let intervals = [(1e-3, 1e-3), (1e-3, 1e3), (1e3, 1e3), (1.0, 1.0)].map { Augmenter.Interval($0.0, $0.1) }
        let areas = [(0.0, 1000.0), (1000.0, 1000.0), (0.5, 1), (0, 0)].map { Augmenter.Interval($0.0, $0.1) }
        for (width, height) in [(long, 1), (1, long), (long, 60)] {
            for ratio in intervals {
                for area in areas {
                    for record in 0..<4 {
                        var random = KeyedRandom(seed: 1, epoch: 0, record: UInt64(record))
                        var moved = try labels([2, 5, 0, -1e30, 0, 1e30, 1])
                        let crop = BoxedCrop(minObjectCovered: -1, aspectRatio: ratio, area: area, minEjectCoverage: -1)
                        if let rect = crop.choose(from: (width, height), &moved, random: &random) {
                            #expect(rect.isInside(width: width, height: height))
                        }
                        let pad = BoxedPad(aspectRatio: ratio, area: area)
                        if let border = pad.choose(around: (width, height), random: &random) {
                            #expect(border.left >= 0 && border.right >= 0 && border.top >= 0 && border.bottom >= 0)
                        }
                    }
                }
            }
        }
    }

    @Test("canvases have the area asked for and the image anywhere in them")
    func canvases() throws {
        let pad = BoxedPad(area: Augmenter.Interval(1, 3))
        var (found, left, right) = (0, 0, 0)
        for record in 0..<2000 {
            var random = KeyedRandom(seed: 2, epoch: 0, record: UInt64(record))
            guard let border = pad.choose(around: (120, 100), random: &random) else { continue }
            found += 1
            let (width, height) = (120 + border.left + border.right, 100 + border.top + border.bottom)
            #expect(width >= 122 && height >= 102 && Double(width * height) < 3 * 12000 * 1.05)
            if border.left < border.right { left += 1 }
            if border.left > border.right { right += 1 }
        }
        #expect(found > 1900 && abs(left - right) < 5 * 44)
    }

    @Test("of a selection nothing happens with its probability, else one of its members, each alike")
    func selection() throws {
        let list = try detectionAugmenters(
            """
            [["DetRandomSelectAug", [["skip_prob", 0.4], ["aug_list", [
                ["DetHorizontalFlipAug", [["p", 1]]],
                ["DetBorrowAug", [["augmenter", ["RandomGrayAug", [["p", 1]]]]]]]]]]]
            """)
        var counts = [0, 0, 0]
        for record in 0..<4000 {
            var moved = try labels(objectLabels)
            let steps = try Self.plan(list, &moved, record: record, output: (120, 100)).steps
            counts[steps.isEmpty ? 0 : steps == [.mirror] ? 1 : 2] += 1
        }
        #expect(abs(counts[0] - 1600) < 155 && abs(counts[1] - 1200) < 145 && abs(counts[2] - 1200) < 145)
        var moved = try labels(objectLabels)
        let empty = [DetectionAugmenter.randomSelect([], skipProbability: 0)]
        #expect(try Self.plan(empty, &moved, record: 0, output: (120, 100)).steps.isEmpty)
    }

    @Test("a sample without an object of class 0 or more is refused")
    func noObject() throws {
        var moved = try labels([2, 5, -1, 0.1, 0.1, 0.5, 0.5])
        #expect(throws: AugmentationError.noObject) { try Self.plan([], &moved, record: 0, output: (120, 100)) }
    }
}

import DataTypes
import Testing

@testable import Augmentation

/// A nested list from text, as a parameter would be read.
func structure(_ text: String) throws(ParameterError) -> ParameterValue {
    try ParameterSpec("aug_list", .structure, default: nil, "").normalise(.string(text))
}

/// Augmenters from the text of a list.
func augmenters(_ text: String) throws(ParameterError) -> [Augmenter] {
    try AugmenterReader.augmenters(structure(text), at: "aug_list")
}

/// The same for images with objects.
func detectionAugmenters(_ text: String) throws(ParameterError) -> [DetectionAugmenter] {
    try AugmenterReader.detectionAugmenters(structure(text), at: "aug_list")
}

struct AugmenterReaderTests {
    @Test("every class is read, in any case of letters, with MXNet's defaults")
    func everyClass() throws {
        let size = Augmenter.Size(width: 20, height: 30)
        let cubic = InterpolationChoice.fixed(.cubic)
        let cases: [(String, Augmenter)] = [
            ("[\"ResizeAug\", [[\"size\", 9]]]", .resize(shorterEdge: 9, kernel: cubic)),
            ("['resizeaug', (('size', 9), ('interp', 1),)]", .resize(shorterEdge: 9, kernel: .fixed(.linear))),
            ("[\"ForceResizeAug\", [[\"size\", [20, 30]], [\"interp\", 9]]]", .forceResize(size, kernel: .bySize)),
            ("[\"CenterCropAug\", [[\"size\", [20, 30]]]]", .centerCrop(size, kernel: cubic)),
            ("[\"RandomCropAug\", [[\"size\", [20, 30]], [\"interp\", 10]]]", .randomCrop(size, kernel: .random)),
            (
                "[\"RandomSizedCropAug\", [[\"size\", [20, 30]], [\"area\", 0.25], [\"ratio\", [0.5, 2]]]]",
                .randomSizedCrop(
                    size, area: Augmenter.Interval(0.25, 1), ratio: Augmenter.Interval(0.5, 2), kernel: cubic)
            ),
            ("[\"HorizontalFlipAug\", [[\"p\", 1]]]", .horizontalFlip(probability: 1)),
            ("[\"CastAug\"]", .cast), ("[\"CastAug\", [[\"typ\", \"float32\"]]]", .cast),
            (
                "[\"RandomOrderAug\", [[\"ts\", [[\"CastAug\", []], [\"BrightnessJitterAug\", [[\"brightness\", 0.5]]]]]]]",
                .randomOrder([.cast, .brightness(0.5)])
            ),
            ("[\"SequentialAug\", [[\"ts\", []]]]", .sequential([])),
            ("[\"ContrastJitterAug\", [[\"contrast\", 0.5]]]", .contrast(0.5)),
            ("[\"SaturationJitterAug\", [[\"saturation\", 0.5]]]", .saturation(0.5)),
            (
                "[\"ColorJitterAug\", [[\"brightness\", 0.5], [\"contrast\", 0], [\"saturation\", 0.25]]]",
                .randomOrder([.brightness(0.5), .saturation(0.25)])
            ),
            ("[\"HueJitterAug\", [[\"hue\", 0.5]]]", .hue(0.5)),
            (
                "[\"LightingAug\", [[\"alphastd\", 0.5], [\"eigval\", [1, 2, 3]], "
                    + "[\"eigvec\", [[1, 1, 1], [2, 2, 2], [3, 3, 3]]]]]",
                .lighting(
                    deviation: 0.5,
                    basis: ColourMatrix(red: RGB(1, 2, 3), green: RGB(2, 4, 6), blue: RGB(3, 6, 9)))
            ),
            (
                "[\"ColorNormalizeAug\", [[\"mean\", [1, 2, 3]], [\"std\", null]]]",
                .normalise(mean: RGB(1, 2, 3), deviation: RGB(1, 1, 1))
            ),
            ("[\"RandomGrayAug\", [[\"p\", 0.5]]]", .randomGray(probability: 0.5)),
        ]
        for (text, expected) in cases { #expect(try augmenters("[\(text)]") == [expected], "\(text)") }
    }

    @Test("the classes for objects are read, and containers hold their lists")
    func detection() throws {
        let text = """
            [["DetRandomSelectAug", [["aug_list", [["DetRandomCropAug", [["min_object_covered", 0.5], ["max_attempts", 7]]]]],
                                     ["skip_prob", 0.25]]],
             ["DetHorizontalFlipAug", [["p", 0.5]]],
             ["detrandompadaug", [["pad_val", [1, 2, 3]], ["area_range", [1, 2]]]],
             ["DetBorrowAug", [["augmenter", ["CastAug", []]]]]]
            """
        #expect(
            try detectionAugmenters(text) == [
                .randomSelect(
                    [.randomCrop(BoxedCrop(minObjectCovered: 0.5, maxAttempts: 7))], skipProbability: 0.25),
                .horizontalFlip(probability: 0.5),
                .randomPad(BoxedPad(area: Augmenter.Interval(1, 2), fill: RGB(1, 2, 3))), .borrow(.cast),
            ])
    }

    @Test(
        "what cannot be used is refused with its place and the nearest name",
        arguments: [
            ("[[\"ResizAug\", [[\"size\", 9]]]]", "aug_list[0]", "did you mean 'ResizeAug'?"),
            ("[[\"CastAug\"], [\"ResizeAug\", [[\"siz\", 9]]]]", "aug_list[1].siz", "did you mean 'size'?"),
            ("[[\"ResizeAug\", []]]", "aug_list[0].size", "ResizeAug needs"),
            ("[[\"ResizeAug\", [[\"size\", 0]]]]", "aug_list[0].size", "1 to 65535"),
            ("[[\"ResizeAug\", [[\"size\", \"large\"]]]]", "aug_list[0].size", "a whole number"),
            ("[[\"ResizeAug\", [[\"size\", 9], [\"interp\", 5]]]]", "aug_list[0].interp", "0 nearest"),
            ("[[\"ResizeAug\", [[\"size\", 9], [\"size\", 8]]]]", "aug_list[0].size", "twice"),
            ("[[\"ResizeAug\", [\"size\", 9]]]", "aug_list[0]", "[name, value]"),
            ("[\"ResizeAug\"]", "aug_list[0]", "[name, [[argument, value], …]]"),
            ("[[\"CenterCropAug\", [[\"size\", [20]]]]]", "aug_list[0].size", "2 positive"),
            ("[[\"CenterCropAug\", [[\"size\", [20, 70000]]]]]", "aug_list[0].size", "65535"),
            ("[[\"HorizontalFlipAug\", [[\"p\", 1.5]]]]", "aug_list[0].p", "0.0 to 1.0"),
            ("[[\"CastAug\", [[\"typ\", \"uint8\"]]]]", "aug_list[0].typ", "float32"),
            (
                "[[\"SequentialAug\", [[\"ts\", [[\"CastAug\"], [\"HueJitterAug\", [[\"hue\", []]]]]]]]]",
                "aug_list[0].ts[1].hue", "a number"
            ),
            ("[[\"ColorNormalizeAug\", [[\"std\", [1, 0, 1]]]]]", "aug_list[0].std", "allowed"),
            ("[[\"DetHorizontalFlipAug\", [[\"p\", 1]]]]", "aug_list[0]", "HorizontalFlipAug"),
            (
                "[[\"RandomSizedCropAug\", [[\"size\", [2, 2]], [\"area\", [0.5, 0.1]], [\"ratio\", [1, 1]]]]]",
                "aug_list[0].area", "smaller number first"
            ),
            ("{}", "aug_list", "a list of augmenters"), ("7", "aug_list", "a list of augmenters"),
        ])
    func refused(text: String, place: String, words: String) throws {
        let error = #expect(throws: ParameterError.self) { try augmenters(text) }
        let message = error?.description ?? ""
        #expect(message.contains("'\(place)'"), "\(message)")
        #expect(message.contains(words), "\(message)")
    }

    @Test("lists have limits: their depth, and how many augmenters there are in all")
    func limits() throws {
        func list(_ count: Int) -> ParameterValue {
            .list(Array(repeating: .list([.string("CastAug")]), count: count))
        }
        #expect(try AugmenterReader.augmenters(list(256), at: "a").count == 256)
        #expect(throws: ParameterError.self) { try AugmenterReader.augmenters(list(257), at: "a") }
        func nested(_ depth: Int) -> String {
            depth == 0 ? "[]" : "[[\"SequentialAug\", [[\"ts\", \(nested(depth - 1))]]]]"
        }
        #expect(try augmenters(nested(3)) == [.sequential([.sequential([.sequential([])])])])
        #expect(throws: ParameterError.self) { try augmenters(nested(5)) }
        #expect(throws: ParameterError.self) { try augmenters(String(repeating: "[", count: 100_000)) }
    }

    @Test("CreateAugmenter's parameters come to MXNet's list")
    func create() throws {
        func list(_ given: [String: ParameterValue]) throws -> [Augmenter] {
            let values = try ParameterValues(given, specs: ImageAugmenterParameters.specs, iterator: "ImageIter")
            return try ImageAugmenterParameters.augmenters(values, width: 20, height: 30)
        }
        let size = Augmenter.Size(width: 20, height: 30)
        let cubic = InterpolationChoice.fixed(.cubic)
        #expect(try list([:]) == [.centerCrop(size, kernel: cubic), .cast])
        let all: [String: ParameterValue] = [
            "resize": .integer(40), "rand_crop": .bool(true), "rand_resize": .bool(true), "rand_mirror": .bool(true),
            "mean": .bool(true), "std": .list([.number(2)]), "brightness": .number(0.5), "contrast": .number(0.25),
            "saturation": .number(0.125), "hue": .number(0.5), "pca_noise": .number(0.25), "rand_gray": .number(0.5),
            "inter_method": .integer(1),
        ]
        #expect(
            try list(all) == [
                .resize(shorterEdge: 40, kernel: .fixed(.linear)),
                .randomSizedCrop(
                    size, area: Augmenter.Interval(0.08, 1), ratio: Augmenter.Interval(0.75, 4.0 / 3.0),
                    kernel: .fixed(.linear)),
                .horizontalFlip(probability: 0.5), .cast,
                .randomOrder([.brightness(0.5), .contrast(0.25), .saturation(0.125)]), .hue(0.5),
                .lighting(
                    deviation: 0.25, values: Augmenter.imageNetValues, vectors: Augmenter.imageNetVectors),
                .randomGray(probability: 0.5), .normalise(mean: Augmenter.imageNetMean, deviation: RGB(all: 2)),
            ])
        #expect(throws: ParameterError.self) { try list(["rand_resize": .bool(true)]) }
        #expect(throws: ParameterError.self) { try list(["mean": .string("yes")]) }
        #expect(throws: ParameterError.self) { try list(["std": .list([.number(1), .number(2)])]) }
        let both = #expect(throws: ParameterError.self) { try list(["aug_list": .list([]), "resize": .integer(9)]) }
        #expect(both?.description.contains("'resize'") == true)
        // A default spelt out changes nothing.
        #expect(try list(["aug_list": .list([]), "resize": .integer(0)]) == [])
    }

    @Test("CreateDetAugmenter's parameters come to MXNet's list, and lists of values to several crops")
    func createDetection() throws {
        func list(_ given: [String: ParameterValue]) throws -> [DetectionAugmenter] {
            let values = try ParameterValues(given, specs: DetectionAugmenterParameters.specs, iterator: "ImageDetIter")
            return try DetectionAugmenterParameters.augmenters(values, width: 20, height: 30)
        }
        let resize = DetectionAugmenter.borrow(
            .forceResize(Augmenter.Size(width: 20, height: 30), kernel: .fixed(.cubic)))
        #expect(try list([:]) == [resize, .borrow(.cast)])
        let wide = Augmenter.Interval(0.05, 3)
        #expect(
            try list(["rand_crop": .number(0.75), "rand_pad": .number(0.5), "rand_mirror": .bool(true)]) == [
                .randomSelect([.randomCrop(BoxedCrop(area: wide))], skipProbability: 0.25),
                .horizontalFlip(probability: 0.5),
                .randomSelect(
                    [.randomPad(BoxedPad(area: Augmenter.Interval(1, 3), fill: RGB(all: 127)))], skipProbability: 0.5),
                resize, .borrow(.cast),
            ])
        let several = try list([
            "rand_crop": .integer(1), "min_object_covered": .list([.number(0.1), .number(0.5)]),
            "aspect_ratio_range": try structure("[(0.5, 1), (1, 2)]"), "max_attempts": .integer(9),
        ])
        #expect(
            several[0]
                == .randomSelect(
                    [
                        .randomCrop(
                            BoxedCrop(
                                minObjectCovered: 0.1, aspectRatio: Augmenter.Interval(0.5, 1), area: wide,
                                maxAttempts: 9)),
                        .randomCrop(
                            BoxedCrop(
                                minObjectCovered: 0.5, aspectRatio: Augmenter.Interval(1, 2), area: wide,
                                maxAttempts: 9)),
                    ], skipProbability: 0))
        let uneven: [String: ParameterValue] = [
            "min_object_covered": .list([.number(0.1), .number(0.5)]),
            "max_attempts": .list([.integer(1), .integer(2), .integer(3)]),
        ]
        #expect(throws: ParameterError.self) { try list(uneven) }
        #expect(throws: ParameterError.self) {
            try list(["rand_pad": .number(1), "area_range": .list([.number(0.5), .number(1)])])
        }
    }
}

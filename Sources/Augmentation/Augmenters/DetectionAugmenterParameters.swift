package import DataTypes

/// The parameters of MXNet's `CreateDetAugmenter`, or a list of augmenters in their place.
///
/// Follows MXNet 1.9.1 `python/mxnet/image/detection.py`.
package enum DetectionAugmenterParameters {
    package static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "rand_crop", .number(0...1), default: .number(0), "Part of the images that a random crop is tried on."),
            ParameterSpec(
                "rand_pad", .number(0...1), default: .number(0), "Part of the images that is set into a larger canvas."),
            ParameterSpec(
                "min_object_covered", .structure, default: .number(0.1),
                "A crop is taken when it shows more than this part of every object it touches. A list makes several crops to "
                    + "choose from, as do lists for the next four."),
            ParameterSpec(
                "aspect_ratio_range", .structure, default: pair(0.75, 1.33),
                "Width over height of crops and canvases: two numbers, or a list of pairs."),
            ParameterSpec(
                "area_range", .structure, default: pair(0.05, 3),
                "Area of crops in image areas, and at its upper end that of canvases: two numbers, or a list of pairs."),
            ParameterSpec(
                "min_eject_coverage", .structure, default: .number(0.3),
                "An object of which a crop leaves no more than this part is dropped."),
            ParameterSpec(
                "max_attempts", .structure, default: .integer(50),
                "Crops or canvases tried before the image is left alone."),
            ParameterSpec(
                "pad_val", .numbers, default: .list([.number(127), .number(127), .number(127)]),
                "Red, green and blue of the canvas, whole numbers 0 to 255."),
        ] + ImageAugmenterParameters.commonSpecs

    private static func pair(_ low: Double, _ high: Double) -> ParameterValue { .list([.number(low), .number(high)]) }

    /// The augmenters that the parameters come to.
    ///
    /// - Parameter values: checked against specs that include `specs`.
    package static func augmenters(
        _ values: ParameterValues, width: Int, height: Int
    ) throws(ParameterError) -> [DetectionAugmenter] {
        if let list = try ImageAugmenterParameters.list(values, specs: specs) {
            return try AugmenterReader.detectionAugmenters(list, at: "aug_list")
        }
        let kernel = try AugmenterValues.kernel(values.integer("inter_method"), at: "inter_method")
        var result: [DetectionAugmenter] = []
        if values.integer("resize") > 0 {
            result.append(.borrow(.resize(shorterEdge: values.integer("resize"), kernel: kernel)))
        }
        let crops = try crops(values)
        if values.number("rand_crop") > 0 {
            result.append(
                .randomSelect(
                    crops.map { .randomCrop($0) }, skipProbability: Float(1 - values.number("rand_crop"))))
        }
        if values.bool("rand_mirror") { result.append(.horizontalFlip(probability: 0.5)) }
        if values.number("rand_pad") > 0 {
            result.append(
                .randomSelect(
                    [.randomPad(try pad(values, crops))], skipProbability: Float(1 - values.number("rand_pad"))))
        }
        // Objects must stay whole, so that the image is stretched.
        result.append(.borrow(.forceResize(Augmenter.Size(width: width, height: height), kernel: kernel)))
        return result + (try ImageAugmenterParameters.colour(values)).map { .borrow($0) }
    }

    /// One crop, or as many as the longest list has entries; single values count for all.
    private static func crops(_ values: ParameterValues) throws(ParameterError) -> [BoxedCrop] {
        let names = ["min_object_covered", "aspect_ratio_range", "area_range", "min_eject_coverage", "max_attempts"]
        let lists = names.map { Self.entries(values.values[$0] ?? .null, isPair: $0.hasSuffix("_range")) }
        let count = lists.map(\.count).max() ?? 1
        for (name, list) in zip(names, lists) where list.count != 1 && list.count != count {
            throw .outOfRange(
                name: name, value: "a list of \(list.count)", allowed: "one value, or \(count) as the longest list has")
        }
        guard count <= AugmenterReader.maxAugmenters else {
            throw .outOfRange(
                name: names[0], value: "\(count) crops", allowed: "at most \(AugmenterReader.maxAugmenters)")
        }
        var crops: [BoxedCrop] = []
        for position in 0..<count {
            func value(_ index: Int) -> ParameterValue { lists[index][lists[index].count == 1 ? 0 : position] }
            let attempts = ParameterSpec("max_attempts", .integer(0...1000), default: nil, "")
            guard case .integer(let maxAttempts) = try attempts.normalise(value(4)) else {
                preconditionFailure("not an integer")
            }
            crops.append(
                BoxedCrop(
                    minObjectCovered: Float(try AugmenterValues.number(value(0), at: names[0], -1...1000)),
                    aspectRatio: try AugmenterValues.interval(value(1), at: names[1], AugmenterValues.ratios),
                    area: try AugmenterValues.interval(value(2), at: names[2], AugmenterValues.areas),
                    minEjectCoverage: Float(try AugmenterValues.number(value(3), at: names[3], -1...1000)),
                    maxAttempts: maxAttempts))
        }
        return crops
    }

    /// The entries of a list, or a single value as the only one.
    private static func entries(_ value: ParameterValue, isPair: Bool) -> [ParameterValue] {
        guard case .list(let list) = value, !list.isEmpty else { return [value] }
        guard isPair else { return list }
        if case .list = list[0] { return list }
        return [value]
    }

    private static func pad(_ values: ParameterValues, _ crops: [BoxedCrop]) throws(ParameterError) -> BoxedPad {
        let largest = crops.map(\.area.high).max() ?? 1
        guard largest > 1 else {
            throw .conflict(
                names: ["rand_pad", "area_range"],
                reason: "a canvas is larger than the image: give an upper end above 1")
        }
        return BoxedPad(
            aspectRatio: Augmenter.Interval(
                crops.map(\.aspectRatio.low).min() ?? 1, crops.map(\.aspectRatio.high).max() ?? 1),
            area: Augmenter.Interval(1, largest), maxAttempts: crops.map(\.maxAttempts).max() ?? 0,
            fill: try AugmenterValues.colour(
                values.values["pad_val"] ?? .null, at: "pad_val", 0...255))
    }
}

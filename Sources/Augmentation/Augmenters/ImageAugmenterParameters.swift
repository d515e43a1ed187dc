package import DataTypes

/// The parameters of MXNet's `CreateAugmenter`, or a list of augmenters in their place.
///
/// Follows MXNet 1.9.1 `python/mxnet/image/image.py`.
package enum ImageAugmenterParameters {
    static let listSpec = ParameterSpec(
        "aug_list", .structure, default: .null,
        "Augmenters in their order, [[name, [[argument, value], …]], …], instead of the parameters that choose them.")

    /// Of both iterators.
    static let commonSpecs: [ParameterSpec] = [
        ParameterSpec(
            "resize", .integer(-1...65_535), default: .integer(0),
            "Resizes the shorter edge to this many pixels before anything else; 0 or less is off."),
        ParameterSpec("rand_mirror", .bool, default: .bool(false), "Mirrors half of the images, chosen at random."),
        ParameterSpec(
            "mean", .structure, default: .null,
            "Subtracted from red, green and blue: three numbers, or true for ImageNet's; none is off."),
        ParameterSpec(
            "std", .structure, default: .null,
            "Divides red, green and blue: three numbers above 0, or true for ImageNet's; none is off."),
        ParameterSpec(
            "brightness", .number(0...1000), default: .number(0),
            "Multiplies the image by a random factor in 1 ± this."),
        ParameterSpec(
            "contrast", .number(0...1000), default: .number(0),
            "Moves pixels from the image's mean brightness by a random factor in 1 ± this."),
        ParameterSpec(
            "saturation", .number(0...1000), default: .number(0),
            "Moves pixels from their own brightness by a random factor in 1 ± this."),
        ParameterSpec(
            "hue", .number(0...1000), default: .number(0), "Turns the hue by a random part, ± this, of half a turn."),
        ParameterSpec(
            "pca_noise", .number(0...1000), default: .number(0),
            "Standard deviation of the noise along ImageNet's principal colour components."),
        ParameterSpec(
            "rand_gray", .number(0...1), default: .number(0), "Part of the images that is made gray."),
        ParameterSpec(
            "inter_method", .integer(.all), default: .integer(2),
            "Resize kernel: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos4, 9 by size, 10 random."),
        listSpec,
    ]

    package static let specs: [ParameterSpec] =
        [
            ParameterSpec(
                "rand_crop", .bool, default: .bool(false), "Crops at a random place instead of the centre."),
            ParameterSpec(
                "rand_resize", .bool, default: .bool(false),
                "Crops a random area, 0.08 to 1, of a random aspect ratio, 3/4 to 4/3, and resizes it; needs rand_crop."
            ),
        ] + commonSpecs

    /// The augmenters that the parameters come to.
    ///
    /// - Parameter values: checked against specs that include `specs`.
    package static func augmenters(
        _ values: ParameterValues, width: Int, height: Int
    ) throws(ParameterError) -> [Augmenter] {
        if let list = try list(values, specs: specs) {
            return try AugmenterReader.augmenters(list, at: "aug_list")
        }
        let size = Augmenter.Size(width: width, height: height)
        let kernel = try AugmenterValues.kernel(values.integer("inter_method"), at: "inter_method")
        var result: [Augmenter] = []
        if values.integer("resize") > 0 {
            result.append(.resize(shorterEdge: values.integer("resize"), kernel: kernel))
        }
        if values.bool("rand_resize") {
            guard values.bool("rand_crop") else {
                throw .conflict(names: ["rand_resize", "rand_crop"], reason: "rand_resize needs rand_crop")
            }
            result.append(
                .randomSizedCrop(
                    size, area: Augmenter.Interval(0.08, 1), ratio: Augmenter.Interval(3.0 / 4.0, 4.0 / 3.0),
                    kernel: kernel))
        } else if values.bool("rand_crop") {
            result.append(.randomCrop(size, kernel: kernel))
        } else {
            result.append(.centerCrop(size, kernel: kernel))
        }
        if values.bool("rand_mirror") { result.append(.horizontalFlip(probability: 0.5)) }
        return result + (try colour(values))
    }

    /// The list in place of the other parameters, when there is one.
    static func list(_ values: ParameterValues, specs: [ParameterSpec]) throws(ParameterError) -> ParameterValue? {
        guard let list = values.values["aug_list"], list != .null else { return nil }
        for spec in specs where spec.name != "aug_list" && values.isGiven(spec.name) {
            // Scripts spell defaults out.
            guard values.values[spec.name] != spec.defaultValue else { continue }
            throw .conflict(
                names: ["aug_list", spec.name], reason: "a list of augmenters takes the place of '\(spec.name)'")
        }
        return list
    }

    /// What comes behind the crop: from the cast on, the same for both iterators.
    static func colour(_ values: ParameterValues) throws(ParameterError) -> [Augmenter] {
        var result: [Augmenter] = [.cast]
        let strengths = ["brightness", "contrast", "saturation"].map { Float(values.number($0)) }
        if strengths.contains(where: { $0 > 0 }) {
            result.append(
                .colourJitter(brightness: strengths[0], contrast: strengths[1], saturation: strengths[2]))
        }
        if values.number("hue") > 0 { result.append(.hue(Float(values.number("hue")))) }
        if values.number("pca_noise") > 0 {
            result.append(
                .lighting(
                    deviation: Float(values.number("pca_noise")), values: Augmenter.imageNetValues,
                    vectors: Augmenter.imageNetVectors))
        }
        if values.number("rand_gray") > 0 {
            result.append(.randomGray(probability: Float(values.number("rand_gray"))))
        }
        let mean = try AugmenterValues.normalisation(
            values.values["mean"] ?? .null, at: "mean", AugmenterValues.means, imageNet: Augmenter.imageNetMean)
        let deviation = try AugmenterValues.normalisation(
            values.values["std"] ?? .null, at: "std", AugmenterValues.deviations,
            imageNet: Augmenter.imageNetDeviation)
        if mean != nil || deviation != nil {
            result.append(.normalise(mean: mean ?? RGB(all: 0), deviation: deviation ?? RGB(all: 1)))
        }
        return result
    }
}

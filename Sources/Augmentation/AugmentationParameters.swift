package import DataTypes

/// The default augmenter's settings, checked: whatever can be refused without seeing an image is refused here.
///
/// Follows MXNet 1.9.1 `DefaultImageAugmentParam` and the checks of `src/io/image_aug_default.cc`.
package struct AugmentationParameters: Sendable, Hashable {
    /// A closed range of random values; a single value when both ends are equal.
    package struct Bounds: Sendable, Hashable {
        package var low: Float
        package var high: Float
        var isOne: Bool { low == 1 && high == 1 }
    }

    /// `data_shape`: channels 1 (gray), 3 (BGR inside, RGB outside) or 4 (with alpha).
    package var channels: Int
    package var height: Int
    package var width: Int

    /// Length of the shorter edge after resizing; nil: no resize.
    package var resize: Int?
    package var cropsAtRandom: Bool
    package var resizesRandomCrop: Bool
    package var maxRotateAngle: Int
    package var aspect: Bounds
    package var maxShearRatio: Float
    /// Edge lengths of a square crop, both included; nil: crop to `data_shape`.
    package var cropSizes: ClosedRange<Int>?
    package var scale: Bounds
    package var area: Bounds
    package var imageSize: Bounds
    package var brightness: Float
    package var contrast: Float
    package var saturation: Float
    package var pcaNoise: Float
    package var hueShift: Int
    package var saturationShift: Int
    package var lightnessShift: Int
    package var hue: Float
    /// Degrees; nil: none. Ignored when there is a `rotateList`.
    package var rotate: Int?
    package var rotateList: [Int]
    package var fillValue: UInt8
    package var interpolation: InterpolationChoice
    package var pad: Int
    package var mirrors: Bool
    package var mirrorsAtRandom: Bool
    package var maxRandomContrast: Float
    package var maxRandomIllumination: Float

    /// True when every sample is warped.
    package var hasAffineStep: Bool {
        maxRotateAngle > 0 || maxShearRatio > 0 || rotate != nil || !rotateList.isEmpty || !scale.isOne
            || (!resizesRandomCrop && !aspect.isOne) || imageSize.high != Self.unlimitedImageSize || imageSize.low != 0
    }

    var hasJitter: Bool { brightness > 0 || contrast > 0 || saturation > 0 }
    var hasHLSShift: Bool { hueShift != 0 || saturationShift != 0 || lightnessShift != 0 || hue > 0 }

    static let unlimitedImageSize: Float = 1e10

    /// - Parameters:
    ///   - values: checked against specs that include `Self.specs`.
    ///   - dataShape: the iterator's `data_shape`.
    /// - Throws: the first value out of range, or values that do not go together.
    package init(
        _ values: ParameterValues, dataShape: (channels: Int, height: Int, width: Int)
    ) throws(ParameterError) {
        (channels, height, width) = dataShape
        resize = values.integer("resize") == -1 ? nil : values.integer("resize")
        cropsAtRandom = values.bool("rand_crop")
        resizesRandomCrop = values.bool("random_resized_crop")
        maxRotateAngle = values.integer("max_rotate_angle")
        let maxAspect = Float(values.number("max_aspect_ratio"))
        if let minAspect = values.optionalNumber("min_aspect_ratio") {
            aspect = Bounds(low: Float(minAspect), high: maxAspect)
        } else {
            aspect = Bounds(low: 1 - maxAspect, high: 1 + maxAspect)
        }
        maxShearRatio = Float(values.number("max_shear_ratio"))
        scale = Self.bounds(values, "min_random_scale", "max_random_scale")
        area = Self.bounds(values, "min_random_area", "max_random_area")
        imageSize = Self.bounds(values, "min_img_size", "max_img_size")
        brightness = Float(values.number("brightness"))
        contrast = Float(values.number("contrast"))
        saturation = Float(values.number("saturation"))
        pcaNoise = Float(values.number("pca_noise"))
        hueShift = values.integer("random_h")
        saturationShift = values.integer("random_s")
        lightnessShift = values.integer("random_l")
        hue = Float(values.number("hue"))
        rotate = values.integer("rotate") > 0 ? values.integer("rotate") : nil
        rotateList = values.integers("rotate_list")
        fillValue = UInt8(clamping: values.integer("fill_value"))
        pad = max(0, values.integer("pad"))
        mirrors = values.bool("mirror")
        mirrorsAtRandom = values.bool("rand_mirror")
        maxRandomContrast = Float(values.number("max_random_contrast"))
        maxRandomIllumination = Float(values.number("max_random_illumination"))
        interpolation = try Self.interpolation(values)
        cropSizes = try Self.cropSizes(values)
        try checkRanges(values)
        try checkCombinations()
    }

    private static func bounds(_ values: ParameterValues, _ low: String, _ high: String) -> Bounds {
        Bounds(low: Float(values.number(low)), high: Float(values.number(high)))
    }

    static func interpolation(_ values: ParameterValues) throws(ParameterError) -> InterpolationChoice {
        let number = values.integer("inter_method")
        guard let choice = InterpolationChoice(interMethod: number) else {
            throw .outOfRange(
                name: "inter_method", value: String(number),
                allowed: "0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos4, 9 by size, 10 random")
        }
        return choice
    }

    private static func cropSizes(_ values: ParameterValues) throws(ParameterError) -> ClosedRange<Int>? {
        let (low, high) = (values.integer("min_crop_size"), values.integer("max_crop_size"))
        if low == -1 && high == -1 { return nil }
        let names = ["min_crop_size", "max_crop_size"]
        guard low != -1, high != -1 else { throw .conflict(names: names, reason: "give both or neither") }
        for (name, value) in [(names[0], low), (names[1], high)] where value < 1 {
            throw .outOfRange(name: name, value: String(value), allowed: "-1 (off), or 1 or more")
        }
        guard low <= high else { throw .conflict(names: names, reason: "the smallest is above the largest") }
        return low...high
    }
}

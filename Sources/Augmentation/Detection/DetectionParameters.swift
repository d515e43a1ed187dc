package import DataTypes

/// The detection augmenter's settings, checked: whatever can be refused without seeing an image is refused here.
///
/// Follows MXNet 1.9.1 `DefaultImageDetAugmentParam` and the checks of `src/io/image_det_aug_default.cc`.
package struct DetectionParameters: Sendable, Hashable {
    /// A shift or factor that is random, and in how many images it is done.
    struct Chance: Sendable, Hashable {
        var probability: Float
        var limit: Float
        var isOff: Bool { probability <= 0 || limit == 0 }
    }
    /// Which objects a crop keeps.
    enum EmitMode: String, Sendable, CaseIterable { case center, overlap }
    /// How the image is brought to `data_shape`.
    enum ResizeMode: String, Sendable, CaseIterable { case force, shrink, fit }

    let channels: Int
    let height: Int
    let width: Int
    /// Length of the shorter edge after resizing; nil: no resize.
    let resize: Int?
    let cropProbability: Float
    let samplers: [CropSampler]
    let emitMode: EmitMode
    /// An object is kept when more than this part of it is in the crop; for `overlap` alone.
    let emitThreshold: Float
    let padProbability: Float
    let maxPadScale: Float
    let hue: Chance
    let saturation: Chance
    let lightness: Chance
    let contrast: Chance
    let mirrorProbability: Float
    let fillValue: UInt8
    let interpolation: InterpolationChoice
    let resizeMode: ResizeMode

    /// MXNet draws all numbers of colour as soon as one of the four can happen.
    var hasColour: Bool {
        [hue, saturation, lightness, contrast].contains { $0.probability > 0 }
    }

    /// - Parameters:
    ///   - values: checked against specs that include `Self.specs`.
    ///   - dataShape: the iterator's `data_shape`.
    package init(
        _ values: ParameterValues, dataShape: (channels: Int, height: Int, width: Int)
    ) throws(ParameterError) {
        (channels, height, width) = dataShape
        let edge = values.integer("resize")
        guard edge == -1 || edge >= 1 else {
            throw .outOfRange(name: "resize", value: String(edge), allowed: "-1 (off), or 1 or more")
        }
        resize = edge == -1 ? nil : edge
        cropProbability = Float(values.number("rand_crop_prob"))
        samplers = try Self.samplers(values)
        // The choices are those of the enumerations.
        emitMode = EmitMode(rawValue: values.string("crop_emit_mode"))!
        resizeMode = ResizeMode(rawValue: values.string("resize_mode"))!
        emitThreshold = Float(values.number("emit_overlap_thresh"))
        padProbability = Float(values.number("rand_pad_prob"))
        maxPadScale = Float(values.number("max_pad_scale"))
        hue = Self.chance(values, "random_hue_prob", limit: Float(values.integer("max_random_hue")))
        saturation = Self.chance(
            values, "random_saturation_prob", limit: Float(values.integer("max_random_saturation")))
        lightness = Self.chance(
            values, "random_illumination_prob", limit: Float(values.integer("max_random_illumination")))
        contrast = Self.chance(values, "random_contrast_prob", limit: Float(values.number("max_random_contrast")))
        mirrorProbability = Float(values.number("rand_mirror_prob"))
        fillValue = UInt8(clamping: values.integer("fill_value"))
        interpolation = try AugmentationParameters.interpolation(values)
        if channels != 3, !hue.isOff || !saturation.isOff || !lightness.isOff {
            throw .conflict(
                names: ["data_shape", "max_random_hue", "max_random_saturation", "max_random_illumination"],
                reason: "these need an image of 3 channels, and data_shape has \(channels)")
        }
    }

    private static func chance(_ values: ParameterValues, _ name: String, limit: Float) -> Chance {
        Chance(probability: Float(values.number(name)), limit: limit)
    }

    /// `num_crop_sampler` samplers. Each list has one value for all of them, or one for each.
    private static func samplers(_ values: ParameterValues) throws(ParameterError) -> [CropSampler] {
        let count = values.integer("num_crop_sampler")
        let scale = try bounds(values, "crop_scales", count, allowed: 0...1)
        let aspect = try bounds(values, "crop_aspect_ratios", count, allowed: 0...1000)
        let overlap = try bounds(values, "crop_overlaps", count, allowed: -1000...1000)
        let sample = try bounds(values, "crop_sample_coverages", count, allowed: -1000...1000)
        let object = try bounds(values, "crop_object_coverages", count, allowed: -1000...1000)
        let trials = try list(values.integers("max_crop_trials"), "max_crop_trials", count)
        for value in trials where !(0...1000).contains(value) {
            throw .outOfRange(name: "max_crop_trials", value: String(value), allowed: "0 to 1000")
        }
        for bounds in scale where bounds.low >= bounds.high {
            throw .conflict(
                names: ["min_crop_scales", "max_crop_scales"], reason: "the largest must be above the smallest")
        }
        return (0..<count).map {
            CropSampler(
                scale: scale[$0], aspect: aspect[$0], overlap: overlap[$0], sampleCoverage: sample[$0],
                objectCoverage: object[$0], maxTrials: trials[$0])
        }
    }

    /// The ranges from `min_…` to `max_…`.
    private static func bounds(
        _ values: ParameterValues, _ name: String, _ count: Int, allowed: ClosedRange<Double>
    ) throws(ParameterError) -> [AugmentationParameters.Bounds] {
        let (lowName, highName) = ("min_" + name, "max_" + name)
        let low = try list(values.numbers(lowName), lowName, count)
        let high = try list(values.numbers(highName), highName, count)
        for (name, list) in [(lowName, low), (highName, high)] {
            // Not a number is in no range.
            for value in list where !allowed.contains(value) {
                throw .outOfRange(
                    name: name, value: String(value), allowed: "\(allowed.lowerBound) to \(allowed.upperBound)")
            }
        }
        var result: [AugmentationParameters.Bounds] = []
        for (low, high) in zip(low, high) {
            guard low <= high else {
                throw .conflict(names: [lowName, highName], reason: "the smallest is above the largest")
            }
            result.append(AugmentationParameters.Bounds(low: Float(low), high: Float(high)))
        }
        return result
    }

    private static func list<T>(_ list: [T], _ name: String, _ count: Int) throws(ParameterError) -> [T] {
        if list.count == 1 { return Array(repeating: list[0], count: count) }
        guard list.count == count else {
            throw .conflict(
                names: [name, "num_crop_sampler"],
                reason: "\(name) has \(list.count) values; give one, or one for each of the \(count) samplers")
        }
        return list
    }
}

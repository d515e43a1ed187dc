internal import DataTypes

extension AugmentationParameters {
    /// Rules about one value, or about the two ends of one range.
    func checkRanges(_ values: ParameterValues) throws(ParameterError) {
        if let resize, resize < 1 {
            throw .outOfRange(name: "resize", value: String(resize), allowed: "-1 (off), or 1 or more")
        }
        if values.isGiven("min_aspect_ratio") {
            // Without this rule min_aspect_ratio alone would give the range [min, 0], since max_aspect_ratio is then 0.
            guard aspect.low <= aspect.high else {
                throw .conflict(
                    names: ["min_aspect_ratio", "max_aspect_ratio"],
                    reason: "the smallest is above the largest; with min_aspect_ratio, give max_aspect_ratio too")
            }
        } else if aspect.low < 0 {
            throw .outOfRange(
                name: "max_aspect_ratio", value: String(values.number("max_aspect_ratio")),
                allowed: "0 to 1 (the ratio is 1 ± this), or more when min_aspect_ratio is given")
        }
        let pairs = [
            (scale, "min_random_scale", "max_random_scale"), (area, "min_random_area", "max_random_area"),
            (imageSize, "min_img_size", "max_img_size"),
        ]
        for (bounds, low, high) in pairs where bounds.low > bounds.high {
            throw .conflict(names: [low, high], reason: "the smallest is above the largest")
        }
        if scale.low <= 0 {
            throw .outOfRange(name: "min_random_scale", value: String(scale.low), allowed: "above 0")
        }
    }

    /// Rules about values of several parameters.
    func checkCombinations() throws(ParameterError) {
        if resizesRandomCrop {
            if cropsAtRandom {
                throw .conflict(
                    names: ["random_resized_crop", "rand_crop"], reason: "only one way to crop can be used")
            }
            if cropSizes != nil {
                throw .conflict(
                    names: ["random_resized_crop", "min_crop_size", "max_crop_size"],
                    reason: "random_resized_crop takes its size from min_random_area and max_random_area")
            }
            if !scale.isOne {
                throw .conflict(
                    names: ["random_resized_crop", "min_random_scale", "max_random_scale"],
                    reason: "random_resized_crop takes its size from min_random_area and max_random_area")
            }
            if !area.isOne || !aspect.isOne, area.low <= 0 || aspect.low <= 0 {
                throw .conflict(
                    names: ["random_resized_crop", "min_random_area", "min_aspect_ratio"],
                    reason: "area and aspect ratio must be above 0")
            }
        }
        if hasAffineStep, interpolation == .fixed(.nearest) {
            throw .conflict(
                names: ["inter_method"],
                reason:
                    "0 (nearest) cannot be used with rotation, shear, random scale, aspect ratio or image size limits")
        }
        if channels != 3, hasJitter || hasHLSShift || pcaNoise > 0 {
            throw .conflict(
                names: [
                    "data_shape", "brightness", "contrast", "saturation", "random_h", "random_s", "random_l", "hue",
                    "pca_noise",
                ],
                reason: "colour augmentation needs an image of 3 channels, and data_shape has \(channels)")
        }
        if hue > 0, hueShift != 0 {
            throw .conflict(names: ["hue", "random_h"], reason: "both shift the hue; use one")
        }
    }
}

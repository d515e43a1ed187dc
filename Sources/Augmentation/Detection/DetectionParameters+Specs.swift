package import DataTypes

extension DetectionParameters {
    /// Parameters of the detection augmenter (MXNet's `det_aug_default`) and of normalisation.
    package static let specs: [ParameterSpec] = geometry + crop + colour + normalisation

    private static let geometry: [ParameterSpec] = [
        ParameterSpec(
            "resize", .integer(-1...65_535), default: .integer(-1),
            "Resizes the shorter edge to this many pixels before anything else; -1 leaves the image alone."),
        ParameterSpec(
            "resize_mode", .choice(ResizeMode.allCases.map(\.rawValue)), default: .string("force"),
            "How the image is brought to data_shape: force stretches it, shrink keeps the aspect ratio of a larger one, "
                + "fit enlarges too."),
        ParameterSpec(
            "inter_method", .integer(.all), default: .integer(1),
            "Resize kernel: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos4, 9 by size, 10 random."),
        ParameterSpec(
            "rand_mirror_prob", .number(-1...1), default: .number(0),
            "Part of the images that is mirrored left to right; 0 or less is off."),
        ParameterSpec(
            "rand_pad_prob", .number(-1...1), default: .number(0),
            "Part of the images that is set into a larger canvas; 0 or less is off."),
        ParameterSpec(
            "max_pad_scale", .number(0...1000), default: .number(1),
            "Largest width and height of that canvas, in widths and heights of the image; 1 or less is off."),
        ParameterSpec(
            "fill_value", .integer(.all), default: .integer(127), "Pixel value, 0 to 255, of that canvas."),
    ]

    private static let crop: [ParameterSpec] = [
        ParameterSpec(
            "rand_crop_prob", .number(-1...1), default: .number(0),
            "Part of the images that is cropped; 0 or less is off."),
        ParameterSpec(
            "num_crop_sampler", .integer(1...100), default: .integer(1),
            "Ways to crop, tried in random order until one succeeds; the lists below have one value for each, or for all."
        ),
        ParameterSpec(
            "min_crop_scales", .numbers, default: .list([.number(0)]),
            "Smallest side of a crop as a fraction of the image's, 0 to 1."),
        ParameterSpec(
            "max_crop_scales", .numbers, default: .list([.number(1)]),
            "Largest side of a crop as a fraction of the image's, 0 to 1."),
        ParameterSpec(
            "min_crop_aspect_ratios", .numbers, default: .list([.number(1)]),
            "Smallest width over height of a crop, 0 to 1000."),
        ParameterSpec(
            "max_crop_aspect_ratios", .numbers, default: .list([.number(1)]),
            "Largest width over height of a crop, 0 to 1000."),
        ParameterSpec(
            "min_crop_overlaps", .numbers, default: .list([.number(0)]),
            "Least intersection over union of the crop and an object."),
        ParameterSpec(
            "max_crop_overlaps", .numbers, default: .list([.number(1)]),
            "Most intersection over union of the crop and an object."),
        ParameterSpec(
            "min_crop_sample_coverages", .numbers, default: .list([.number(0)]),
            "Least part of the crop that an object covers."),
        ParameterSpec(
            "max_crop_sample_coverages", .numbers, default: .list([.number(1)]),
            "Most part of the crop that an object covers."),
        ParameterSpec(
            "min_crop_object_coverages", .numbers, default: .list([.number(0)]),
            "Least part of an object that the crop covers."),
        ParameterSpec(
            "max_crop_object_coverages", .numbers, default: .list([.number(1)]),
            "Most part of an object that the crop covers."),
        ParameterSpec(
            "max_crop_trials", .integers, default: .list([.integer(25)]),
            "Crops tried, 0 to 1000, before the next way is taken, or the image left whole."),
        ParameterSpec(
            "crop_emit_mode", .choice(EmitMode.allCases.map(\.rawValue)), default: .string("center"),
            "Which objects a crop keeps: those whose centre is in it, or those of which enough is."),
        ParameterSpec(
            "emit_overlap_thresh", .number(0...1000), default: .number(0.3),
            "With crop_emit_mode overlap, an object is kept when more than this part of it is in the crop."),
    ]

    private static let colour: [ParameterSpec] = [
        ParameterSpec(
            "random_hue_prob", .number(-1...1), default: .number(0), "Part of the images whose hue is shifted."),
        ParameterSpec(
            "max_random_hue", .integer(0...255), default: .integer(0),
            "Largest shift of hue in units of 2 degrees; stops at both ends, as in MXNet."),
        ParameterSpec(
            "random_saturation_prob", .number(-1...1), default: .number(0),
            "Part of the images whose saturation is shifted."),
        ParameterSpec(
            "max_random_saturation", .integer(0...255), default: .integer(0), "Largest shift of saturation, of 255."),
        ParameterSpec(
            "random_illumination_prob", .number(-1...1), default: .number(0),
            "Part of the images whose lightness is shifted."),
        ParameterSpec(
            "max_random_illumination", .integer(0...255), default: .integer(0), "Largest shift of lightness, of 255."),
        ParameterSpec(
            "random_contrast_prob", .number(-1...1), default: .number(0),
            "Part of the images whose pixels are multiplied by a random factor."),
        ParameterSpec(
            "max_random_contrast", .number(0...1000), default: .number(0), "That factor is random in 1 ± this."),
    ]

    private static let normalisation: [ParameterSpec] =
        ["r", "g", "b", "a"].map {
            ParameterSpec(
                "mean_" + $0, .number(-1e6...1e6), default: .number(0),
                "Mean of channel \($0) in pixel values; all four count when one is above 0, else mean_img does.")
        }
        + ["r", "g", "b", "a"].map {
            ParameterSpec(
                "std_" + $0, .number(0...1e6), default: .number(0),
                "Standard deviation of channel \($0) in pixel values; channel is divided by it; 0 is off.")
        }
        + [
            ParameterSpec(
                "scale", .number(-1e6...1e6), default: .number(1), "Factor applied after mean and deviation."),
            ParameterSpec(
                "mean_img", .string, default: .string(""),
                "File with the mean image, subtracted when no mean of a channel is above 0; empty is off."),
        ]
}

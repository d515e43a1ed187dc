package import DataTypes

extension AugmentationParameters {
    /// Parameters of the default augmenter (MXNet's `aug_default`) and of mirroring and normalisation.
    package static let specs: [ParameterSpec] = geometry + colour + Normalisation.specs

    private static let geometry: [ParameterSpec] = [
        ParameterSpec(
            "resize", .integer(-1...65_535), default: .integer(-1),
            "Resizes the shorter edge to this many pixels before anything else; -1 leaves the image alone."),
        ParameterSpec(
            "rand_crop", .bool, default: .bool(false), "Crops at a random place instead of the centre."),
        ParameterSpec(
            "random_resized_crop", .bool, default: .bool(false),
            "Crops a random area with a random aspect ratio and resizes it to data_shape."),
        ParameterSpec(
            "max_rotate_angle", .integer(0...360), default: .integer(0),
            "Rotates by a random angle between minus and plus this many degrees."),
        ParameterSpec(
            "max_aspect_ratio", .number(0...1000), default: .number(0),
            "Aspect ratio is random in 1 ± this; with min_aspect_ratio it is the largest ratio itself."),
        ParameterSpec(
            "min_aspect_ratio", .optionalNumber(0...1000), default: .null,
            "The smallest random aspect ratio; max_aspect_ratio is then the largest."),
        ParameterSpec(
            "max_shear_ratio", .number(0...1000), default: .number(0),
            "Shears by a random ratio between minus and plus this."),
        ParameterSpec(
            "max_crop_size", .integer(-1...65_535), default: .integer(-1),
            "Largest edge in pixels of a square crop that is then resized to data_shape; -1 is off."),
        ParameterSpec(
            "min_crop_size", .integer(-1...65_535), default: .integer(-1),
            "Smallest edge in pixels of a square crop that is then resized to data_shape; -1 is off."),
        ParameterSpec(
            "max_random_scale", .number(0...1000), default: .number(1), "Largest random scale of the image."),
        ParameterSpec(
            "min_random_scale", .number(0...1000), default: .number(1), "Smallest random scale of the image."),
        ParameterSpec(
            "max_random_area", .number(0...1000), default: .number(1),
            "Largest area of random_resized_crop as a fraction of the image's."),
        ParameterSpec(
            "min_random_area", .number(0...1000), default: .number(1),
            "Smallest area of random_resized_crop as a fraction of the image's."),
        ParameterSpec(
            "max_img_size", .number(1...1e10), default: .number(1e10),
            "Largest width and height in pixels of the canvas that an affine step draws on."),
        ParameterSpec(
            "min_img_size", .number(0...65_535), default: .number(0),
            "Smallest width and height in pixels of the canvas that an affine step draws on."),
        ParameterSpec(
            "rotate", .integer(.all), default: .integer(-1),
            "Rotates every image by this many degrees; 0 or less is off. Overrides max_rotate_angle."),
        ParameterSpec(
            "rotate_list", .integers, default: .list([]),
            "Rotates by one of these degrees chosen at random, such as 0,90,180,270. Overrides rotate."),
        ParameterSpec(
            "fill_value", .integer(.all), default: .integer(255),
            "Pixel value, 0 to 255, of the border and of what an affine step leaves empty."),
        ParameterSpec(
            "inter_method", .integer(.all), default: .integer(1),
            "Resize kernel: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos4, 9 by size, 10 random."),
        ParameterSpec(
            "pad", .integer(.min...65_535), default: .integer(0),
            "Border in pixels added to all four sides before the crop; 0 or less is off."),
    ]

    private static let colour: [ParameterSpec] = [
        ParameterSpec(
            "brightness", .number(0...1000), default: .number(0),
            "Multiplies pixels by a random factor in 1 ± this."),
        ParameterSpec(
            "contrast", .number(0...1000), default: .number(0),
            "Moves pixels from the image's mean gray by a random factor in 1 ± this."),
        ParameterSpec(
            "saturation", .number(0...1000), default: .number(0),
            "Moves pixels from their own gray by a random factor in 1 ± this."),
        ParameterSpec(
            "hue", .number(0...0.5), default: .number(0),
            "Turns the hue by a random part of a full turn in ± this. Headrace's own; goes round, unlike random_h."),
        ParameterSpec(
            "pca_noise", .number(0...1000), default: .number(0),
            "Standard deviation of the noise along ImageNet's principal colour components."),
        ParameterSpec(
            "random_h", .integer(0...255), default: .integer(0),
            "Largest random shift of hue in units of 2 degrees; stops at both ends, as in MXNet."),
        ParameterSpec(
            "random_s", .integer(0...255), default: .integer(0),
            "Largest random shift of saturation, of 255."),
        ParameterSpec(
            "random_l", .integer(0...255), default: .integer(0),
            "Largest random shift of lightness, of 255."),
        ParameterSpec("mirror", .bool, default: .bool(false), "Mirrors every image left to right."),
        ParameterSpec("rand_mirror", .bool, default: .bool(false), "Mirrors half of the images, chosen at random."),
        ParameterSpec(
            "max_random_contrast", .number(0...1000), default: .number(0),
            "Multiplies the normalised image by a random factor in 1 ± this."),
        ParameterSpec(
            "max_random_illumination", .number(0...10_000), default: .number(0),
            "Adds a random number of pixel values between minus and plus this."),
    ]
}

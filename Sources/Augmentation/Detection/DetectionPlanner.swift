package import DataTypes

/// Decides what happens to images with objects, and to their labels.
///
/// Follows MXNet 1.9.1 `src/io/image_det_aug_default.cc`: the same steps in the same order, each with the same draws in
/// their order, from numbers keyed by the sample instead of a generator per thread.
package struct DetectionPlanner: Sendable {
    package let parameters: DetectionParameters
    /// No step may make an image of more pixels.
    package let maxPixels: Int

    package init(_ parameters: DetectionParameters, maxPixels: Int = 64 << 20) {
        self.parameters = parameters
        self.maxPixels = maxPixels
    }

    /// Decides everything about one sample.
    ///
    /// - Parameters:
    ///   - width: of the decoded image in pixels, orientation applied.
    ///   - height: likewise.
    ///   - labels: of the image; afterwards of the sample.
    ///   - random: numbers of this sample alone.
    /// - Complexity: proportional to the objects and the crops tried.
    package func plan(
        width: Int, height: Int, labels: inout ObjectLabels, random: inout KeyedRandom
    ) throws(AugmentationError) -> DetectionPlan {
        try check(width: width, height: height, step: "decoding")
        var plan = DetectionPlan(
            sourceWidth: width, sourceHeight: height, fillValue: parameters.fillValue,
            crop: PixelRect(width: width, height: height))
        var size = (width: width, height: height)
        if let edge = parameters.resize {
            let target = SamplePlanner.size(shorterEdge: edge, of: size)
            try check(width: target.width, height: target.height, step: "resize")
            let kernel = parameters.interpolation.choose(from: size, to: target, random: &random)
            if target != size {
                plan.resize = SamplePlan.Resize(width: target.width, height: target.height, kernel: kernel)
            }
            size = target
        }
        if parameters.hasColour { planColour(&plan, random: &random) }
        if parameters.mirrorProbability > 0, random.unit() < parameters.mirrorProbability {
            plan.isMirrored = true
            labels.mirror()
        }
        size = try planPad(of: size, &plan, &labels, random: &random)
        plan.crop = planCrop(of: size, &labels, random: &random)
        try planFit(&plan, random: &random)
        return plan
    }

    private func check(width: Int, height: Int, step: String) throws(AugmentationError) {
        try SamplePlanner.check(width: width, height: height, step: step, maxPixels: maxPixels)
    }

    private func planColour(_ plan: inout DetectionPlan, random: inout KeyedRandom) {
        // All eight numbers are drawn whichever of the four are in use.
        let shifts = [4 of Float] { _ in random.uniform(-1, 1) }
        let happens = [parameters.hue, parameters.saturation, parameters.lightness, parameters.contrast]
        func amount(_ position: Int) -> Float {
            random.unit() < happens[position].probability ? shifts[position] * happens[position].limit : 0
        }
        let hue = Int(amount(0))
        let saturation = Int(amount(1))
        let lightness = Int(amount(2))
        let contrast = amount(3)
        if hue != 0 || saturation != 0 || lightness != 0 {
            plan.hlsShift = SamplePlan.HLSShift(
                hue: hue, lightness: lightness, saturation: saturation, wrapsHue: false)
        }
        if abs(contrast) > 1e-3 { plan.contrast = contrast + 1 }
    }

    /// A larger canvas with the image at a random place.
    private func planPad(
        of size: (width: Int, height: Int), _ plan: inout DetectionPlan, _ labels: inout ObjectLabels,
        random: inout KeyedRandom
    ) throws(AugmentationError) -> (width: Int, height: Int) {
        guard parameters.padProbability > 0, parameters.maxPadScale > 1, random.unit() < parameters.padProbability
        else {
            return size
        }
        let scale = random.uniform(1, parameters.maxPadScale)
        guard scale >= 1.05 else { return size }
        let x = random.uniform(0, scale - 1)
        let y = random.uniform(0, scale - 1)
        let (width, height) = (Float(size.width), Float(size.height))
        // A scale is at most 1000 and a side 65535, so the conversions cannot overflow; rounding can give −1 of 0.
        let border = PixelBorder(
            left: Int(x * width), top: Int(y * height), right: max(0, Int((scale - x - 1) * width)),
            bottom: max(0, Int((scale - y - 1) * height)))
        let padded = (
            width: size.width + border.left + border.right, height: size.height + border.top + border.bottom
        )
        try check(width: padded.width, height: padded.height, step: "padding")
        plan.border = border
        labels.project(onto: RelativeBox(x: -x, y: -y, width: scale, height: scale))
        return padded
    }

    /// Brings the crop to `data_shape`, or to as much of it as its aspect ratio allows.
    private func planFit(_ plan: inout DetectionPlan, random: inout KeyedRandom) throws(AugmentationError) {
        let size = (width: plan.crop.width, height: plan.crop.height)
        var target = (width: parameters.width, height: parameters.height)
        if parameters.resizeMode != .force {
            if parameters.resizeMode == .shrink, size.width <= target.width, size.height <= target.height { return }
            let ratio = min(
                Float(target.height) / Float(size.height), Float(target.width) / Float(size.width))
            // Rounding up could pass the shape by a pixel.
            target.width = min(target.width, Int(ratio * Float(size.width)))
            target.height = min(target.height, Int(ratio * Float(size.height)))
            try check(width: target.width, height: target.height, step: "resize_mode")
        }
        let kernel = parameters.interpolation.choose(from: size, to: target, random: &random)
        if target != size {
            plan.fit = SamplePlan.Resize(width: target.width, height: target.height, kernel: kernel)
        }
    }
}

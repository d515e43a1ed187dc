package import DataTypes

/// Turns an image's size and a sample's random numbers into a plan. One planner serves all workers of a stream.
///
/// Draws have the distributions of MXNet 1.9.1 `src/io/image_aug_default.cc` and `iter_image_recordio_2.cc` and come in
/// their order, from numbers keyed by the sample instead of a generator per thread.
package struct SamplePlanner: Sendable {
    package let parameters: AugmentationParameters
    /// No step may make an image of more pixels: a long thin picture and a large `resize` would else fill the memory.
    package let maxPixels: Int
    /// No step may make an image longer on either side; the format readers have the same limit.
    package static let maxSide = 65_535

    package init(_ parameters: AugmentationParameters, maxPixels: Int = 64 << 20) {
        self.parameters = parameters
        self.maxPixels = maxPixels
    }

    /// Decides everything about one sample.
    ///
    /// - Parameters:
    ///   - width: of the decoded image in pixels, orientation applied.
    ///   - height: likewise.
    ///   - random: numbers of this sample alone.
    /// - Complexity: constant; allocates nothing.
    package func plan(
        width: Int, height: Int, random: inout KeyedRandom
    ) throws(AugmentationError) -> SamplePlan {
        try check(width: width, height: height, step: "decoding")
        var plan = SamplePlan(
            sourceWidth: width, sourceHeight: height, fillValue: parameters.fillValue,
            crop: PixelRect(width: width, height: height))
        var size = (width: width, height: height)
        if let edge = parameters.resize {
            size = try planResize(to: edge, of: size, plan: &plan, random: &random)
        }
        if parameters.hasAffineStep {
            size = try planAffine(of: size, plan: &plan, random: &random)
        }
        if parameters.pad > 0 {
            plan.pad = parameters.pad
            size = (size.width + 2 * parameters.pad, size.height + 2 * parameters.pad)
            try check(width: size.width, height: size.height, step: "pad")
        }
        try planCrop(of: size, plan: &plan, random: &random)
        planColour(plan: &plan, random: &random)
        planNormalisation(plan: &plan, random: &random)
        return plan
    }

    func check(width: Int, height: Int, step: String) throws(AugmentationError) {
        try Self.check(width: width, height: height, step: step, maxPixels: maxPixels)
    }

    static func check(width: Int, height: Int, step: String, maxPixels: Int) throws(AugmentationError) {
        guard width > 0, height > 0 else { throw .emptyImage(step: step, width: width, height: height) }
        // Sides are compared first, so the product cannot overflow.
        guard width <= maxSide, height <= maxSide, width * height <= maxPixels else {
            throw .imageTooLarge(step: step, width: width, height: height, maxSide: maxSide, maxPixels: maxPixels)
        }
    }

    private func planResize(
        to edge: Int, of size: (width: Int, height: Int), plan: inout SamplePlan, random: inout KeyedRandom
    ) throws(AugmentationError) -> (width: Int, height: Int) {
        let target = Self.size(shorterEdge: edge, of: size)
        try check(width: target.width, height: target.height, step: "resize")
        let kernel = parameters.interpolation.choose(from: size, to: target, random: &random)
        if target != size {
            plan.resize = SamplePlan.Resize(width: target.width, height: target.height, kernel: kernel)
        }
        return target
    }

    /// The size of an image whose shorter edge becomes `edge`.
    static func size(shorterEdge edge: Int, of size: (width: Int, height: Int)) -> (width: Int, height: Int) {
        size.height > size.width
            ? (width: edge, height: edge * size.height / size.width)
            : (width: edge * size.width / size.height, height: edge)
    }

    private func planNormalisation(plan: inout SamplePlan, random: inout KeyedRandom) {
        let coin = parameters.mirrorsAtRandom && random.coin()
        plan.isMirrored = parameters.mirrors || coin
        // Drawn also for a maximum of 0, as MXNet does; the results are then exactly 1 and 0.
        let contrast = parameters.maxRandomContrast
        plan.contrast = random.unit() * contrast * 2 - contrast + 1
        let illumination = parameters.maxRandomIllumination
        plan.illumination = random.unit() * illumination * 2 - illumination
    }
}

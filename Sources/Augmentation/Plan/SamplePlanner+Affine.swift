internal import DataTypes
internal import Glibc

extension SamplePlanner {
    /// Rotation, shear, scale and aspect ratio in one matrix that keeps the image centred on its canvas.
    ///
    /// Follows MXNet 1.9.1 `src/io/image_aug_default.cc`; every operation rounds to `Float` as there.
    func planAffine(
        of size: (width: Int, height: Int), plan: inout SamplePlan, random: inout KeyedRandom
    ) throws(AugmentationError) -> (width: Int, height: Int) {
        let maxShear = parameters.maxShearRatio
        let shear = random.unit() * maxShear * 2 - maxShear
        var degrees = random.integer(-parameters.maxRotateAngle, parameters.maxRotateAngle)
        if let rotate = parameters.rotate { degrees = rotate }
        if !parameters.rotateList.isEmpty {
            degrees = parameters.rotateList[random.integer(0, parameters.rotateList.count - 1)]
        }
        let a = Float(cos(Double(degrees) / 180 * Double.pi))
        let b = Float(sin(Double(degrees) / 180 * Double.pi))
        var scale: Float = 1
        var ratio: Float = 1
        if !parameters.resizesRandomCrop {
            scale = random.uniform(parameters.scale.low, parameters.scale.high)
            ratio = random.uniform(parameters.aspect.low, parameters.aspect.high)
        }
        let heightScale = 2 * scale / (1 + ratio)
        let widthScale = ratio * heightScale
        let (width, height) = (Float(size.width), Float(size.height))
        let limits = parameters.imageSize
        let canvasWidth = max(limits.low, min(limits.high, scale * width))
        let canvasHeight = max(limits.low, min(limits.high, scale * height))
        let m00 = heightScale * a - shear * b * widthScale
        let m01 = heightScale * b + shear * a * widthScale
        let m10 = -b * widthScale
        let m11 = a * widthScale
        let m02 = (canvasWidth - (m00 * width + m01 * height)) / 2
        let m12 = (canvasHeight - (m10 * width + m11 * height)) / 2

        // Scale is at most 1000 and a side 65535, so the conversion cannot overflow.
        let target = (width: Int(canvasWidth), height: Int(canvasHeight))
        try check(width: target.width, height: target.height, step: "the affine step")
        let kernel = parameters.interpolation.choose(from: size, to: target, random: &random)
        plan.affine = SamplePlan.Affine(
            matrix: [m00, m01, m02, m10, m11, m12], width: target.width, height: target.height, kernel: kernel)
        return target
    }
}

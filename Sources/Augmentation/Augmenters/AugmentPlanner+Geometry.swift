internal import DataTypes
internal import Glibc

extension AugmentPlanner {
    /// Times that a random size is tried before the middle is taken.
    private static let maxAttempts = 10

    func resize(
        to target: (width: Int, height: Int), _ kernel: InterpolationChoice, step: String, _ plan: inout AugmentPlan,
        random: inout KeyedRandom
    ) throws(AugmentationError) {
        let size = (width: plan.width, height: plan.height)
        try check(width: target.width, height: target.height, step: step)
        let kernel = kernel.choose(from: size, to: target, random: &random)
        if target == size { return }
        plan.resize(SamplePlan.Resize(width: target.width, height: target.height, kernel: kernel))
    }

    /// Cuts out `size`, scaled down to fit, and brings it to `size`.
    ///
    /// - Parameter corner: of the crop; nil: in the middle.
    func crop(
        _ size: Augmenter.Size, _ kernel: InterpolationChoice, at corner: (x: Int, y: Int)?, step: String,
        _ plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        let fitted = Self.scaleDown(size, into: (plan.width, plan.height))
        try check(width: fitted.width, height: fitted.height, step: step)
        let corner = corner ?? ((plan.width - fitted.width) / 2, (plan.height - fitted.height) / 2)
        plan.crop(PixelRect(x: corner.x, y: corner.y, width: fitted.width, height: fitted.height))
        if fitted != size {
            try resize(to: (size.width, size.height), kernel, step: step, &plan, random: &random)
        }
    }

    func randomCrop(
        _ size: Augmenter.Size, _ kernel: InterpolationChoice, _ plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        let fitted = Self.scaleDown(size, into: (plan.width, plan.height))
        let x = random.integer(0, plan.width - fitted.width)
        let y = random.integer(0, plan.height - fitted.height)
        try crop(size, kernel, at: (x, y), step: "RandomCropAug", &plan, random: &random)
    }

    func sizedCrop(
        _ size: Augmenter.Size, area: Augmenter.Interval, ratio: Augmenter.Interval, _ kernel: InterpolationChoice,
        _ plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        let step = "RandomSizedCropAug"
        let whole = Double(plan.width * plan.height)
        for _ in 0..<Self.maxAttempts {
            let wanted = random.uniform(area) * whole
            let shape = exp(random.uniform(Augmenter.Interval(log(ratio.low), log(ratio.high))))
            // At most the square root of 65535² · 10⁶ · 10⁶, which an `Int` holds.
            let cropWidth = Int((wanted * shape).squareRoot().rounded(.toNearestOrEven))
            let cropHeight = Int((wanted / shape).squareRoot().rounded(.toNearestOrEven))
            guard (1...plan.width).contains(cropWidth), (1...plan.height).contains(cropHeight) else { continue }
            let x = random.integer(0, plan.width - cropWidth)
            let y = random.integer(0, plan.height - cropHeight)
            plan.crop(PixelRect(x: x, y: y, width: cropWidth, height: cropHeight))
            if cropWidth != size.width || cropHeight != size.height {
                try resize(to: (size.width, size.height), kernel, step: step, &plan, random: &random)
            }
            return
        }
        try crop(size, kernel, at: nil, step: step, &plan, random: &random)
    }

    /// `size` with its aspect ratio, no larger than the image, its fractions dropped.
    static func scaleDown(_ size: Augmenter.Size, into image: (width: Int, height: Int)) -> Augmenter.Size {
        var (width, height) = (Double(size.width), Double(size.height))
        if Double(image.height) < height {
            (width, height) = (width * Double(image.height) / height, Double(image.height))
        }
        if Double(image.width) < width {
            (width, height) = (Double(image.width), height * Double(image.width) / width)
        }
        return Augmenter.Size(width: Int(width), height: Int(height))
    }
}

extension KeyedRandom {
    /// Uniform between the ends.
    mutating func uniform(_ interval: Augmenter.Interval) -> Double {
        Double(unit()) * (interval.high - interval.low) + interval.low
    }
}

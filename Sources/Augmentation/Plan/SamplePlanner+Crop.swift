internal import DataTypes
internal import Glibc

extension SamplePlanner {
    /// The crop and what brings it to `data_shape`: exactly one of three ways.
    ///
    /// Follows MXNet 1.9.1 `src/io/image_aug_default.cc`.
    func planCrop(
        of size: (width: Int, height: Int), plan: inout SamplePlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        if parameters.resizesRandomCrop {
            if planRandomArea(of: size, plan: &plan, random: &random) { return }
        } else if let sizes = parameters.cropSizes {
            return try planSquare(sizes, of: size, plan: &plan, random: &random)
        }
        try planShapeCrop(of: size, plan: &plan, random: &random)
    }

    /// A random area with a random aspect ratio. False when ten tries did not fit, or nothing is random.
    private func planRandomArea(
        of size: (width: Int, height: Int), plan: inout SamplePlan, random: inout KeyedRandom
    ) -> Bool {
        guard !parameters.area.isOne || !parameters.aspect.isOne else { return false }
        for _ in 0..<10 {
            let area = random.uniform(parameters.area.low, parameters.area.high)
            let ratio = random.uniform(parameters.aspect.low, parameters.aspect.high)
            let pixels = Float(size.width * size.height) * area
            var cropHeight = (pixels / ratio).squareRoot().rounded(.toNearestOrAwayFromZero)
            var cropWidth = (pixels * ratio).squareRoot().rounded(.toNearestOrAwayFromZero)
            if random.unit() > 0.5 { swap(&cropHeight, &cropWidth) }
            // Compared as floats: an absurd ratio must not overflow an integer. A crop of no pixels fails like one too large.
            guard cropHeight <= Float(size.height), cropWidth <= Float(size.width), cropHeight >= 1, cropWidth >= 1
            else { continue }
            let crop = (width: Int(cropWidth), height: Int(cropHeight))
            let y = random.integer(0, size.height - crop.height)
            let x = random.integer(0, size.width - crop.width)
            setResizedCrop(
                PixelRect(x: x, y: y, width: crop.width, height: crop.height), plan: &plan, random: &random)
            return true
        }
        return false
    }

    /// A square of a random size.
    private func planSquare(
        _ sizes: ClosedRange<Int>, of size: (width: Int, height: Int), plan: inout SamplePlan,
        random: inout KeyedRandom
    ) throws(AugmentationError) {
        guard size.width >= sizes.upperBound, size.height >= sizes.upperBound else {
            throw .imageSmallerThanCrop(width: size.width, height: size.height, cropSize: sizes.upperBound)
        }
        let edge = random.integer(sizes.lowerBound, sizes.upperBound)
        let (x, y) = place(width: edge, height: edge, in: size, random: &random)
        setResizedCrop(PixelRect(x: x, y: y, width: edge, height: edge), plan: &plan, random: &random)
    }

    /// A crop of `data_shape`, out of an image enlarged if it is too small.
    private func planShapeCrop(
        of decoded: (width: Int, height: Int), plan: inout SamplePlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        let shape = (width: parameters.width, height: parameters.height)
        var size = decoded
        let kernel = parameters.interpolation.choose(from: size, to: shape, random: &random)
        if size.height < shape.height {
            let width = Float(shape.height) / Float(size.height) * Float(size.width)
            size = (Int(width), shape.height)
            try check(width: size.width, height: size.height, step: "enlarging to data_shape")
            plan.heightEnlargement = SamplePlan.Resize(width: size.width, height: size.height, kernel: kernel)
        }
        if size.width < shape.width {
            let height = Float(shape.width) / Float(size.width) * Float(size.height)
            size = (shape.width, Int(height))
            try check(width: size.width, height: size.height, step: "enlarging to data_shape")
            plan.widthEnlargement = SamplePlan.Resize(width: size.width, height: size.height, kernel: kernel)
        }
        guard size.width >= shape.width, size.height >= shape.height else {
            throw .imageSmallerThanShape(
                width: size.width, height: size.height, shapeWidth: shape.width, shapeHeight: shape.height)
        }
        let (x, y) = place(width: shape.width, height: shape.height, in: size, random: &random)
        plan.crop = PixelRect(x: x, y: y, width: shape.width, height: shape.height)
    }

    /// Where a crop begins: at random (row first) or in the middle.
    private func place(
        width: Int, height: Int, in size: (width: Int, height: Int), random: inout KeyedRandom
    ) -> (x: Int, y: Int) {
        guard parameters.cropsAtRandom else { return ((size.width - width) / 2, (size.height - height) / 2) }
        let y = random.integer(0, size.height - height)
        return (random.integer(0, size.width - width), y)
    }

    private func setResizedCrop(_ crop: PixelRect, plan: inout SamplePlan, random: inout KeyedRandom) {
        let shape = (width: parameters.width, height: parameters.height)
        let kernel = parameters.interpolation.choose(
            from: (crop.width, crop.height), to: shape, random: &random)
        plan.crop = crop
        if (crop.width, crop.height) != shape {
            plan.cropResize = SamplePlan.Resize(width: shape.width, height: shape.height, kernel: kernel)
        }
    }
}

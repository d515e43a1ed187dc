internal import DataTypes

extension DetectionPlanner {
    /// A crop that satisfies one of the samplers, or the whole image when none is found or wanted. The labels follow.
    ///
    /// Follows MXNet 1.9.1 `src/io/image_det_aug_default.cc`; every operation rounds to `Float` as there.
    func planCrop(
        of size: (width: Int, height: Int), _ labels: inout ObjectLabels, random: inout KeyedRandom
    ) -> PixelRect {
        let whole = PixelRect(width: size.width, height: size.height)
        guard parameters.cropProbability > 0, random.unit() < parameters.cropProbability else { return whole }
        var order = Array(parameters.samplers.indices)
        if order.count > 1 {
            for index in 1..<order.count { order.swapAt(index, random.integer(0, index)) }
        }
        for index in order {
            let sampler = parameters.samplers[index]
            for _ in 0..<sampler.maxTrials {
                let box = box(sampler, aspect: Float(size.width) / Float(size.height), random: &random)
                // MXNet fails on a crop without pixels; there is another to try.
                guard let rect = Self.pixels(of: box, in: size), take(box, sampler, &labels) else { continue }
                return rect
            }
        }
        return whole
    }

    /// Four draws: scale, aspect ratio, place.
    private func box(_ sampler: CropSampler, aspect: Float, random: inout KeyedRandom) -> RelativeBox {
        let scale = random.uniform(sampler.scale.low, sampler.scale.high) + 1e-12
        // The bounds may cross; the formula is used as it stands.
        let low = max(sampler.aspect.low / aspect, scale * scale)
        let high = min(sampler.aspect.high / aspect, 1 / (scale * scale))
        let ratio = random.uniform(low, high).squareRoot()
        let width = min(1, scale * ratio)
        let height = min(1, scale / ratio)
        let x = random.uniform(0, 1 - width)
        let y = random.uniform(0, 1 - height)
        return RelativeBox(x: x, y: y, width: width, height: height)
    }

    /// nil when there is no pixel in it.
    private static func pixels(of box: RelativeBox, in size: (width: Int, height: Int)) -> PixelRect? {
        // All four are 0 to 1; a ratio of 0 makes a side of 0.
        let (imageWidth, imageHeight) = (Float(size.width), Float(size.height))
        let (x, y) = (Int(box.x * imageWidth), Int(box.y * imageHeight))
        let rect = PixelRect(
            x: x, y: y, width: min(Int(box.width * imageWidth), size.width - x),
            height: min(Int(box.height * imageHeight), size.height - y))
        return rect.width > 0 && rect.height > 0 ? rect : nil
    }

    /// Whether the crop satisfies the sampler and keeps an object; if so, the labels are those of the crop.
    private func take(_ crop: RelativeBox, _ sampler: CropSampler, _ labels: inout ObjectLabels) -> Bool {
        let objects = 0..<labels.objectCount
        if objects.isEmpty { return true }
        guard objects.contains(where: { sampler.accepts(crop, object: labels[$0].box) }),
            objects.contains(where: { isKept(labels[$0], by: crop) })
        else { return false }
        labels.keep { isKept($0, by: crop) }
        labels.project(onto: crop)
        return true
    }

    private func isKept(_ object: ObjectLabels.Corners, by crop: RelativeBox) -> Bool {
        switch parameters.emitMode {
        case .center:
            crop.contains(x: (object.left + object.right) * 0.5, y: (object.top + object.bottom) * 0.5)
        case .overlap: crop.sharedArea(with: object.box) / object.box.area > parameters.emitThreshold
        }
    }
}

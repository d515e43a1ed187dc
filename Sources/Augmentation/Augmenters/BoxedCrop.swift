internal import DataTypes

/// A random crop that shows enough of the objects it touches.
package struct BoxedCrop: Sendable, Hashable {
    /// Every object that the crop touches must be in it by more than this part.
    package var minObjectCovered: Float
    /// Width over height.
    package var aspectRatio: Augmenter.Interval
    /// Part of the image's area.
    package var area: Augmenter.Interval
    /// An object of which no more than this part is left is dropped.
    package var minEjectCoverage: Float
    package var maxAttempts: Int

    package init(
        minObjectCovered: Float = 0.1, aspectRatio: Augmenter.Interval = Augmenter.Interval(0.75, 1.33),
        area: Augmenter.Interval = Augmenter.Interval(0.05, 1), minEjectCoverage: Float = 0.3, maxAttempts: Int = 50
    ) {
        self.minObjectCovered = minObjectCovered
        self.aspectRatio = aspectRatio
        self.area = area
        self.minEjectCoverage = minEjectCoverage
        self.maxAttempts = maxAttempts
    }
}

extension BoxedCrop {
    /// A crop that satisfies the rules, with the labels moved into it; nil when none was found.
    ///
    /// Follows MXNet 1.9.1 `DetRandomCropAug`, rounding included. Its ranges have been checked.
    func choose(
        from size: (width: Int, height: Int), _ labels: inout ObjectLabels, random: inout KeyedRandom
    ) -> PixelRect? {
        let (width, height) = (Double(size.width), Double(size.height))
        let (minArea, maxArea) = (area.low * height * width, area.high * height * width)
        for _ in 0..<maxAttempts {
            let ratio = random.uniform(aspectRatio)
            // Of at most 65535² · 10⁶ pixels and a ratio of at least 10⁻⁶: an `Int` holds every side.
            var side = Self.round((minArea / ratio).squareRoot())
            var limit = Self.round((maxArea / ratio).squareRoot())
            if Self.round(Double(limit) * ratio) > size.width { limit = Int((width + 0.4999999) / ratio) }
            limit = min(limit, size.height)
            side = random.integer(min(side, limit), limit)
            var across = Self.round(Double(side) * ratio)
            // Rounding may have left the range of areas by a pixel.
            if Double(across * side) < minArea {
                side += 1
                across = Self.round(Double(side) * ratio)
            }
            if Double(across * side) > maxArea {
                side -= 1
                across = Self.round(Double(side) * ratio)
            }
            guard (minArea...maxArea).contains(Double(across * side)), (1...size.width).contains(across),
                (1...size.height).contains(side)
            else { continue }
            let y = random.integer(0, size.height - side)
            let x = random.integer(0, size.width - across)
            let rect = PixelRect(x: x, y: y, width: across, height: side)
            let box = RelativeBox(
                x: Float(Double(x) / width), y: Float(Double(y) / height), width: Float(Double(across) / width),
                height: Float(Double(side) / height))
            guard across * side >= 2, isAccepted(box, labels, imageArea: Float(width * height)) else { continue }
            if labels.crop(to: box, keepingAbove: minEjectCoverage) { return rect }
        }
        return nil
    }

    /// Half to even.
    private static func round(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }

    /// True when the crop touches an object and shows enough of all it touches. Objects of at most two pixels do not count.
    private func isAccepted(_ crop: RelativeBox, _ labels: borrowing ObjectLabels, imageArea: Float) -> Bool {
        var least = Float.infinity
        for object in 0..<labels.objectCount {
            let box = labels[object].box
            guard box.area * imageArea > 2 else { continue }
            let covered = crop.sharedArea(with: box) / box.area
            if covered > 0 { least = min(least, covered) }
        }
        return least < .infinity && least > minObjectCovered
    }
}

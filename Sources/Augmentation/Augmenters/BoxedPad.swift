internal import DataTypes

/// A larger canvas with the image at a random place.
package struct BoxedPad: Sendable, Hashable {
    /// Width over height of the canvas.
    package var aspectRatio: Augmenter.Interval
    /// Canvas area in image areas.
    package var area: Augmenter.Interval
    package var maxAttempts: Int
    /// Whole numbers 0…255.
    package var fill: RGB

    package init(
        aspectRatio: Augmenter.Interval = Augmenter.Interval(0.75, 1.33),
        area: Augmenter.Interval = Augmenter.Interval(1, 3), maxAttempts: Int = 50, fill: RGB = RGB(all: 128)
    ) {
        self.aspectRatio = aspectRatio
        self.area = area
        self.maxAttempts = maxAttempts
        self.fill = fill
    }
}

extension BoxedPad {
    /// The border that makes a larger canvas; nil when none was found.
    ///
    /// Follows MXNet 1.9.1 `DetRandomPadAug`, rounding included. Its ranges have been checked.
    func choose(around size: (width: Int, height: Int), random: inout KeyedRandom) -> PixelBorder? {
        let (width, height) = (Double(size.width), Double(size.height))
        let (minArea, maxArea) = (area.low * height * width, area.high * height * width)
        for _ in 0..<maxAttempts {
            let ratio = random.uniform(aspectRatio)
            var side = Self.round((minArea / ratio).squareRoot())
            let limit = Self.round((maxArea / ratio).squareRoot())
            if Self.round(Double(side) * ratio) < size.width { side = Int((width + 0.499999) / ratio) }
            side = max(side, size.height)
            side = random.integer(min(side, limit), limit)
            let across = Self.round(Double(side) * ratio)
            // A border of a pixel is not worth its cost.
            guard side - size.height >= 2, across - size.width >= 2 else { continue }
            let y = random.integer(0, side - size.height)
            let x = random.integer(0, across - size.width)
            return PixelBorder(left: x, top: y, right: across - size.width - x, bottom: side - size.height - y)
        }
        return nil
    }

    private static func round(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
}

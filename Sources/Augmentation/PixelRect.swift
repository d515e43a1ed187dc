/// A rectangle of pixels: columns `x ..< x + width`, rows `y ..< y + height`.
package struct PixelRect: Sendable, Hashable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// A whole image of this size.
    package init(width: Int, height: Int) { self.init(x: 0, y: 0, width: width, height: height) }

    /// The pixels that hold this rectangle when the sides of the image are divided by `reduction`.
    package func reduced(by reduction: Int) -> PixelRect {
        let (left, top) = (x / reduction, y / reduction)
        return PixelRect(
            x: left, y: top, width: (x + width + reduction - 1) / reduction - left,
            height: (y + height + reduction - 1) / reduction - top)
    }

    /// True when this rectangle has at least one pixel and lies within an image of that size.
    package func isInside(width imageWidth: Int, height imageHeight: Int) -> Bool {
        x >= 0 && y >= 0 && width > 0 && height > 0 && width <= imageWidth - x && height <= imageHeight - y
    }
}

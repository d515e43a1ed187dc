/// Pixels added on each side of an image; none is negative.
package struct PixelBorder: Sendable, Hashable {
    package var left: Int
    package var top: Int
    package var right: Int
    package var bottom: Int

    package init(left: Int, top: Int, right: Int, bottom: Int) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    /// The same on all four sides.
    package init(all pixels: Int) { self.init(left: pixels, top: pixels, right: pixels, bottom: pixels) }
}

/// A part of a picture: columns `x ..< x + width`, rows `y ..< y + height`.
package struct ImageWindow: Sendable, Equatable {
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

    /// Where this part of the upright picture lies in the picture as stored.
    ///
    /// - Parameters:
    ///   - width: of the stored picture, and `height`.
    func stored(_ orientation: Orientation, width: Int, height: Int) -> ImageWindow {
        var part = self
        if orientation.swapsSides { part = ImageWindow(x: y, y: x, width: self.height, height: self.width) }
        switch orientation {
        case .upright, .transposed: break
        case .mirrored, .rotated90CounterClockwise: part.x = width - part.x - part.width
        case .flippedVertically, .rotated90Clockwise: part.y = height - part.y - part.height
        case .rotated180, .antiTransposed:
            part.x = width - part.x - part.width
            part.y = height - part.y - part.height
        }
        return part
    }

    /// Whether it has a pixel and lies within a picture of that size.
    func isInside(width imageWidth: Int, height imageHeight: Int) -> Bool {
        x >= 0 && y >= 0 && width > 0 && height > 0 && width <= imageWidth - x && height <= imageHeight - y
    }
}

/// A rectangle in fractions of an image's width and height.
///
/// Every operation rounds to `Float` as MXNet 1.9.1 `src/io/image_det_aug_default.cc` does. Corners may lie anywhere and may
/// be no numbers: they come from labels.
struct RelativeBox: Sendable, Hashable {
    var x: Float
    var y: Float
    var width: Float
    var height: Float

    var area: Float { width * height }

    /// Area of what both cover, 0 when they do not meet.
    func sharedArea(with other: Self) -> Float {
        let sharedWidth = min(x + width, other.x + other.width) - max(x, other.x)
        let sharedHeight = min(y + height, other.y + other.height) - max(y, other.y)
        return sharedWidth > 0 && sharedHeight > 0 ? sharedWidth * sharedHeight : 0
    }

    /// Intersection over union.
    func overlap(with other: Self) -> Float {
        let shared = sharedArea(with: other)
        return shared > 0 ? shared / (area + other.area - shared) : 0
    }

    /// Left and top edge belong to the box, right and bottom edge do not.
    func contains(x pointX: Float, y pointY: Float) -> Bool {
        x <= pointX && pointX < x + width && y <= pointY && pointY < y + height
    }
}

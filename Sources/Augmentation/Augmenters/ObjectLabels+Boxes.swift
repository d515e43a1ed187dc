extension ObjectLabels {
    /// True when the object has a class of 0 or more and an area.
    func hasClassAndArea(_ object: Int) -> Bool {
        let corners = self[object]
        // An object has five labels or more.
        return labels(ofObject: object).first! >= 0 && corners.right > corners.left && corners.bottom > corners.top
    }

    /// Fractions of `box` instead of the image, cut off at its edges, without the objects of which too little is left.
    ///
    /// Follows MXNet 1.9.1 `DetRandomCropAug`.
    ///
    /// - Parameter threshold: an object is kept when more than this part of it is left.
    /// - Returns: false when none would be left; the labels are then as they were.
    mutating func crop(to box: RelativeBox, keepingAbove threshold: Float) -> Bool {
        func cut(_ old: Corners) -> Corners {
            Corners(
                left: Self.fraction((old.left - box.x) / box.width), top: Self.fraction((old.top - box.y) / box.height),
                right: Self.fraction((old.right - box.x) / box.width),
                bottom: Self.fraction((old.bottom - box.y) / box.height))
        }
        func isKept(_ old: Corners) -> Bool {
            let new = cut(old)
            let coverage = new.box.area * box.width * box.height / old.box.area
            return new.right > new.left && new.bottom > new.top && coverage > threshold
        }
        guard (0..<objectCount).contains(where: { isKept(self[$0]) }) else { return false }
        keep(where: isKept)
        for object in 0..<objectCount { self[object] = cut(self[object]) }
        return true
    }

    /// Fractions of a canvas that is the image with a border.
    mutating func surround(by border: PixelBorder, of size: (width: Int, height: Int)) {
        let (width, height) = (Float(size.width), Float(size.height))
        let canvasWidth = Float(size.width + border.left + border.right)
        let canvasHeight = Float(size.height + border.top + border.bottom)
        for object in 0..<objectCount {
            let old = self[object]
            self[object] = Corners(
                left: (old.left * width + Float(border.left)) / canvasWidth,
                top: (old.top * height + Float(border.top)) / canvasHeight,
                right: (old.right * width + Float(border.left)) / canvasWidth,
                bottom: (old.bottom * height + Float(border.top)) / canvasHeight)
        }
    }

    private static func fraction(_ value: Float) -> Float { min(1, max(0, value)) }
}

package import DataTypes

/// The labels of one image with objects, while its augmentation is decided: they move and go with what happens to the
/// image.
///
/// One worker owns one and loads it for every sample, so that a sample allocates nothing once the most objects have been
/// seen.
package struct ObjectLabels: Sendable {
    /// The header, as it was loaded, then the objects that are left.
    package private(set) var values: [Float] = []
    private var headerWidth = 0
    private var objectWidth = 1

    package init() {}

    /// Takes the labels of an image. Objects without area, or with corners that are no numbers, are dropped.
    ///
    /// - Parameters:
    ///   - count: labels of the image.
    ///   - label: label 0 ..< `count`.
    package mutating func load(count: Int, label: (Int) -> Float) throws(ObjectLabelFault) {
        let shape = try ObjectLabelShape(
            labelCount: count, first: count > 0 ? label(0) : 0, second: count > 1 ? label(1) : 0)
        values.removeAll(keepingCapacity: true)
        for position in 0..<count { values.append(label(position)) }
        headerWidth = shape.headerWidth
        objectWidth = shape.objectWidth
        keep { $0.right > $0.left && $0.bottom > $0.top }
    }

    /// Corners of an object, in fractions of the image.
    struct Corners {
        var left: Float
        var top: Float
        var right: Float
        var bottom: Float

        var box: RelativeBox { RelativeBox(x: left, y: top, width: right - left, height: bottom - top) }
    }

    package var objectCount: Int { (values.count - headerWidth) / objectWidth }

    /// The labels of one object, its class first.
    package func labels(ofObject object: Int) -> ArraySlice<Float> {
        let start = headerWidth + object * objectWidth
        return values[start..<start + objectWidth]
    }

    subscript(object: Int) -> Corners {
        get {
            let start = headerWidth + object * objectWidth
            return Corners(
                left: values[start + 1], top: values[start + 2], right: values[start + 3], bottom: values[start + 4])
        }
        set {
            let start = headerWidth + object * objectWidth
            values[start + 1] = newValue.left
            values[start + 2] = newValue.top
            values[start + 3] = newValue.right
            values[start + 4] = newValue.bottom
        }
    }

    /// Drops the objects that `isKept` refuses.
    mutating func keep(where isKept: (Corners) -> Bool) {
        var kept = 0
        for object in 0..<objectCount where isKept(self[object]) {
            if kept != object {
                let (from, to) = (headerWidth + object * objectWidth, headerWidth + kept * objectWidth)
                for offset in 0..<objectWidth { values[to + offset] = values[from + offset] }
            }
            kept += 1
        }
        values.removeLast(values.count - headerWidth - kept * objectWidth)
    }

    /// Left becomes right.
    mutating func mirror() {
        for object in 0..<objectCount {
            let old = self[object]
            self[object].left = 1 - old.right
            self[object].right = 1 - old.left
        }
    }

    /// Fractions of `box` instead of the image, cut off at its edges.
    mutating func project(onto box: RelativeBox) {
        for object in 0..<objectCount {
            let old = self[object]
            self[object] = Corners(
                left: max(0, (old.left - box.x) / box.width), top: max(0, (old.top - box.y) / box.height),
                right: min(1, (old.right - box.x) / box.width), bottom: min(1, (old.bottom - box.y) / box.height))
        }
    }
}

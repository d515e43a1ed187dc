/// How the labels of one image describe its objects, as the first two labels say.
///
///     | header width | object width | more header ... | id, left, top, right, bottom, more ... | next object ...
///
/// Coordinates are fractions of the image's width and height. Follows MXNet 1.9.1 `src/io/image_det_aug_default.cc`.
package struct ObjectLabelShape: Sendable, Hashable {
    /// Labels before the first object, the two widths included.
    package let headerWidth: Int
    /// Labels of an object: a class, four coordinates, and what else the data set has.
    package let objectWidth: Int
    package let objectCount: Int

    /// Labels that describe at least one object.
    package static let minLabelCount = 7

    /// - Parameters:
    ///   - labelCount: labels of the image.
    ///   - first: the first label, the header's width; its fraction is dropped, as in MXNet.
    ///   - second: the second label, an object's width.
    package init(labelCount: Int, first: Float, second: Float) throws(ObjectLabelFault) {
        guard labelCount >= Self.minLabelCount else { throw .tooFew(labelCount: labelCount) }
        // `Int(exactly:)` is nil for what is no number and for what no label count can be.
        guard let header = Int(exactly: first.rounded(.towardZero)), header >= 2, header <= labelCount else {
            throw .badHeaderWidth(first, labelCount: labelCount)
        }
        guard let object = Int(exactly: second.rounded(.towardZero)), object >= 5 else { throw .badObjectWidth(second) }
        guard (labelCount - header) % object == 0 else {
            throw .ragged(labelCount: labelCount, headerWidth: header, objectWidth: object)
        }
        headerWidth = header
        objectWidth = object
        objectCount = (labelCount - header) / object
    }
}

/// Why labels do not describe objects.
package enum ObjectLabelFault: Error, Sendable, Hashable, CustomStringConvertible {
    case tooFew(labelCount: Int)
    case badHeaderWidth(Float, labelCount: Int)
    case badObjectWidth(Float)
    /// What follows the header is not a whole number of objects.
    case ragged(labelCount: Int, headerWidth: Int, objectWidth: Int)

    package var description: String {
        switch self {
        case .tooFew(let count):
            "\(count) labels cannot describe an object; a header of 2 or more and objects of 5 or more are needed"
        case .badHeaderWidth(let width, let count):
            "the first label, the header's width, is \(width); with \(count) labels it must be 2 to \(count)"
        case .badObjectWidth(let width): "the second label, an object's width, is \(width); it must be 5 or more"
        case .ragged(let count, let header, let object):
            "\(count) labels less a header of \(header) are not a whole number of objects of \(object) labels"
        }
    }
}

package import DataTypes

/// An array to be handed over to the server, where `NDArrayIter` makes batches of it.
public struct HeadraceArray: Sendable {
    /// How the array is called on its connection: 1 to 64 letters, digits, `_`, `-` and `.`.
    public let name: String
    package let shape: ArrayShape
    /// In C order, little-endian.
    package let bytes: [UInt8]

    /// - Parameters:
    ///   - elements: in C order: the last axis lies together.
    ///   - shape: extents whose product is the number of elements.
    /// - Throws: `.badRequest` when it is not.
    public init<Element: HeadraceElement>(_ name: String, _ elements: [Element], shape: [Int]) throws {
        guard let type = ElementType(rawValue: Element.elementType.rawValue),
            let checked = ArrayShape(elementType: type, extents: shape),
            checked.byteCount == elements.count * type.byteWidth
        else {
            throw HeadraceError(
                .badRequest,
                "the array '\(name)' has \(elements.count) elements, which its shape \(shape) does not hold")
        }
        self.name = name
        self.shape = checked
        // Every element is plain bits of the width that its type says.
        bytes = unsafe elements.withUnsafeBytes { unsafe Array($0) }
    }

    /// What a parameter of `NDArrayIter` has in the place of the array.
    public var reference: HeadraceValue { .string(ArrayReference.handedOver + name) }
}

package import DataTypes

/// One line of `provide_data` or `provide_label`.
package struct TensorMessage: Codable, Sendable, Hashable {
    package var name: String
    package var shape: [Int]
    /// As NumPy names it.
    package var dtype: String
    package var layout: String

    package init(_ desc: DataDesc) {
        name = desc.name
        shape = desc.shape
        dtype = desc.elementType.rawValue
        layout = desc.layout
    }

    /// The description, or nil when the element type is unknown, an extent is not positive, or the size overflows.
    package var desc: DataDesc? {
        guard let type = ElementType(rawValue: dtype), !shape.isEmpty else { return nil }
        var bytes = type.byteWidth
        for extent in shape {
            guard extent > 0 else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            bytes = product
        }
        return DataDesc(name: name, shape: shape, elementType: type, layout: layout)
    }
}

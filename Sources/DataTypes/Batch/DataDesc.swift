/// Name, shape, element type and layout of one tensor of a batch: what `provide_data` and `provide_label` list.
package struct DataDesc: Sendable, Hashable {
    /// The variable's name, `data` or `softmax_label` unless the user chose another.
    package var name: String
    /// Extents, the batch axis included.
    package var shape: [Int]
    package var elementType: ElementType
    /// One letter an axis; `N` marks the batch axis. `NCHW` for images in MXNet's order.
    package var layout: String

    package init(name: String, shape: [Int], elementType: ElementType, layout: String) {
        self.name = name
        self.shape = shape
        self.elementType = elementType
        self.layout = layout
    }

    package var elementCount: Int { shape.reduce(1, *) }
    package var byteCount: Int { elementCount * elementType.byteWidth }
}

/// Name, shape, element type and layout of one tensor of a batch: what `provide_data` and `provide_label` list.
package struct DataDesc: Sendable, Hashable {
    /// How the elements lie in a batch.
    package enum Storage: Sendable, Hashable {
        case dense
        /// Compressed sparse rows, of rank 2: see `CSRTensor`. A batch has at most `capacity` elements that are stored.
        case csr(capacity: Int)
    }

    /// The variable's name, `data` or `softmax_label` unless the user chose another.
    package var name: String
    /// Extents, the batch axis included.
    package var shape: [Int]
    package var elementType: ElementType
    /// One letter an axis; `N` marks the batch axis. `NCHW` for images in MXNet's order.
    package var layout: String
    package var storage: Storage

    package init(
        name: String, shape: [Int], elementType: ElementType, layout: String, storage: Storage = .dense
    ) {
        self.name = name
        self.shape = shape
        self.elementType = elementType
        self.layout = layout
        self.storage = storage
    }

    /// Of the dense tensor, whatever `storage` is.
    package var elementCount: Int { shape.reduce(1, *) }
    package var byteCount: Int { elementCount * elementType.byteWidth }
}

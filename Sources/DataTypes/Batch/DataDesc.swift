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

    /// The axis that counts the batch's rows: where the layout has its N. A layout describes the data; a tensor with fewer
    /// axes than that, such as a label for each sample, has its rows along the first.
    package var batchAxis: Int { Self.batchAxis(layout: layout, rank: shape.count) }

    package static func batchAxis(layout: String, rank: Int) -> Int {
        let axis = layout.utf8.firstIndex(of: UInt8(ascii: "N")).map {
            layout.utf8.distance(from: layout.utf8.startIndex, to: $0)
        }
        guard let axis, axis < rank else { return 0 }
        return axis
    }

    /// Of the dense tensor, whatever `storage` is.
    package var elementCount: Int { shape.reduce(1, *) }
    package var byteCount: Int { elementCount * elementType.byteWidth }
}

package import DataTypes

/// One line of `provide_data` or `provide_label`.
package struct TensorMessage: Codable, Sendable, Hashable {
    package var name: String
    package var shape: [Int]
    /// As NumPy names it.
    package var dtype: String
    package var layout: String
    /// `csr` for a sparse tensor, absent for all others.
    package var storage: String?
    /// Elements of a sparse tensor that a batch has room for.
    package var capacity: Int?

    /// Far beyond what a batch can have, and far from overflow.
    private static let maximumCapacity = 1 << 40

    package init(_ desc: DataDesc) {
        name = desc.name
        shape = desc.shape
        dtype = desc.elementType.rawValue
        layout = desc.layout
        if case .csr(let capacity) = desc.storage { (storage, self.capacity) = ("csr", capacity) }
    }

    /// The description, or nil when the element type or the storage is unknown, an extent is not positive, or the size
    /// overflows.
    package var desc: DataDesc? {
        guard let type = ElementType(rawValue: dtype), !shape.isEmpty else { return nil }
        var bytes = type.byteWidth
        for extent in shape {
            guard extent > 0 else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            bytes = product
        }
        let storage: DataDesc.Storage
        switch (self.storage, capacity) {
        case (nil, _): storage = .dense
        case ("csr"?, let capacity?) where shape.count == 2 && (1...Self.maximumCapacity).contains(capacity):
            storage = .csr(capacity: capacity)
        default: return nil
        }
        return DataDesc(name: name, shape: shape, elementType: type, layout: layout, storage: storage)
    }
}

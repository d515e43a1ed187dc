internal import DataTypes

/// Name, shape, element type and layout of one tensor of every batch.
public struct TensorDescription: Sendable, Hashable {
    /// The number format of the elements.
    public enum ElementType: String, Sendable, Hashable {
        /// A byte that is 0 or 1.
        case bool
        /// Whole numbers.
        case uint8, int8, uint16, int16, uint32, int32, int64, uint64
        /// Floating point.
        case float16, bfloat16, float32, float64
    }

    /// `data`, `softmax_label`, or what was asked for.
    public let name: String
    /// Extents, the batch axis included.
    public let shape: [Int]
    /// The number format of the elements.
    public let elementType: ElementType
    /// One letter an axis; `N` is the batch axis.
    public let layout: String
    /// Whether the tensor comes as compressed sparse rows: see `HeadraceBatch.sparse`. `shape` is then the matrix's.
    public let isSparse: Bool

    /// A dense tensor of an iterator of your own.
    ///
    /// - Parameter layout: one letter an axis, `N` for the batch axis. MXNet's default is `NCHW`, whatever the rank.
    public init(name: String, shape: [Int], elementType: ElementType, layout: String = "NCHW") {
        self.init(name: name, shape: shape, elementType: elementType, layout: layout, isSparse: false)
    }

    private init(name: String, shape: [Int], elementType: ElementType, layout: String, isSparse: Bool) {
        self.name = name
        self.shape = shape
        self.elementType = elementType
        self.layout = layout
        self.isSparse = isSparse
    }

    /// The axis that counts the batch's rows: where the layout has its `N`, or the first when the tensor has fewer axes.
    public var batchAxis: Int { DataDesc.batchAxis(layout: layout, rank: shape.count) }

    /// The batch axis's extent; 0 when there are no axes.
    var batchExtent: Int { shape.isEmpty ? 0 : shape[batchAxis] }

    func renamed(_ name: String) -> TensorDescription {
        TensorDescription(name: name, shape: shape, elementType: elementType, layout: layout, isSparse: isSparse)
    }

    init(_ desc: DataDesc) {
        name = desc.name
        shape = desc.shape
        layout = desc.layout
        isSparse = desc.storage != .dense
        elementType =
            switch desc.elementType {
            case .bool: .bool
            case .uint8: .uint8
            case .int8: .int8
            case .uint16: .uint16
            case .int16: .int16
            case .uint32: .uint32
            case .int32: .int32
            case .int64: .int64
            case .uint64: .uint64
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .float32: .float32
            case .float64: .float64
            }
    }
}

/// A number that an array can be made of.
public protocol HeadraceElement: BitwiseCopyable {
    /// Its name in the protocol.
    static var elementType: TensorDescription.ElementType { get }
}

extension UInt8: HeadraceElement {
    /// `uint8`
    public static var elementType: TensorDescription.ElementType { .uint8 }
}
extension Int8: HeadraceElement {
    /// `int8`
    public static var elementType: TensorDescription.ElementType { .int8 }
}
extension UInt16: HeadraceElement {
    /// `uint16`
    public static var elementType: TensorDescription.ElementType { .uint16 }
}
extension Int16: HeadraceElement {
    /// `int16`
    public static var elementType: TensorDescription.ElementType { .int16 }
}
extension UInt32: HeadraceElement {
    /// `uint32`
    public static var elementType: TensorDescription.ElementType { .uint32 }
}
extension Int32: HeadraceElement {
    /// `int32`
    public static var elementType: TensorDescription.ElementType { .int32 }
}
extension UInt64: HeadraceElement {
    /// `uint64`
    public static var elementType: TensorDescription.ElementType { .uint64 }
}
extension Int64: HeadraceElement {
    /// `int64`
    public static var elementType: TensorDescription.ElementType { .int64 }
}
extension Int: HeadraceElement {
    /// `int64`
    public static var elementType: TensorDescription.ElementType { .int64 }
}
extension Float: HeadraceElement {
    /// `float32`
    public static var elementType: TensorDescription.ElementType { .float32 }
}
extension Double: HeadraceElement {
    /// `float64`
    public static var elementType: TensorDescription.ElementType { .float64 }
}

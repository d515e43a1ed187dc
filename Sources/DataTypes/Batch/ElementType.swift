/// The number format of a tensor's elements, named as NumPy names them.
package enum ElementType: String, Sendable, CaseIterable, Hashable {
    case bool
    case uint8, int8, uint16, int16, uint32, int32, int64, uint64
    case float16, bfloat16, float32, float64

    /// Bytes of one element.
    package var byteWidth: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The name the safetensors format gives to this element type.
    package var safetensorsName: String {
        switch self {
        case .bool: "BOOL"
        case .uint8: "U8"
        case .int8: "I8"
        case .uint16: "U16"
        case .int16: "I16"
        case .uint32: "U32"
        case .int32: "I32"
        case .int64: "I64"
        case .uint64: "U64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        }
    }

    /// The element type with that safetensors name, or nil when Headrace never sends it.
    package init?(safetensorsName name: String) {
        guard let match = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
        self = match
    }
}

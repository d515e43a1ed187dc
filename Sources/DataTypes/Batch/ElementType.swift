/// The number format of a tensor's elements, named as NumPy names them.
package enum ElementType: String, Sendable, CaseIterable, Hashable {
    case uint8, int8, int32, int64, uint64
    case float16, bfloat16, float32, float64

    /// Bytes of one element.
    package var byteWidth: Int {
        switch self {
        case .uint8, .int8: 1
        case .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The name the safetensors format gives to this element type.
    package var safetensorsName: String {
        switch self {
        case .uint8: "U8"
        case .int8: "I8"
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

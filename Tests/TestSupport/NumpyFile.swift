import DataTypes
import Foundation

/// A .npy file of version 1.0, little-endian, C order, as the reference set has them.
package struct NumpyFile {
    package let values: [Double]

    package init(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        guard bytes.count > 10, bytes[0] == 0x93 else { throw GoldenError("\(path) is no .npy file") }
        let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        let header = String(decoding: bytes[10..<start], as: UTF8.self)
        let types: [(String, ElementType)] = [
            ("'|u1'", .uint8), ("'|i1'", .int8), ("'<i4'", .int32), ("'<i8'", .int64), ("'<f2'", .float16),
            ("'<f4'", .float32), ("'<f8'", .float64),
        ]
        if let type = types.first(where: { header.contains($0.0) })?.1 {
            values = ExpectedArray.numbers(Array(bytes[start...]), type)
        } else if header.contains("'<i2'") {
            values = stride(from: start, to: bytes.count, by: 2).map {
                Double(Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8))
            }
        } else {
            throw GoldenError("\(path): unknown element type in \(header)")
        }
    }
}

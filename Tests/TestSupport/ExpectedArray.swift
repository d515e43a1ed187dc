package import DataTypes
import Foundation

/// An array of the reference set, and how ours differs from it.
package struct ExpectedArray {
    private let json: [String: Any]
    private let root: String

    package init(json: [String: Any], root: String) {
        self.json = json
        self.root = root
    }

    private var shape: [Int] { json["shape"] as? [Int] ?? [] }
    private var elementType: ElementType? { (json["dtype"] as? String).flatMap(ElementType.init(rawValue:)) }

    /// nil when the first `rows` rows of ours are as expected, otherwise what differs.
    ///
    /// - Parameter tolerance: largest absolute difference allowed; 0 asks for equality.
    package func difference(to desc: DataDesc, _ bytes: [UInt8], rows: Int, tolerance: Double) throws -> String? {
        guard shape == desc.shape else { return "shape \(desc.shape), expected \(shape)" }
        guard elementType == desc.elementType else { return "\(desc.elementType), expected \(json["dtype"] ?? "?")" }
        if rows == shape[0], sha256Hex(bytes) == json["sha256"] as? String { return nil }
        let ours = Self.numbers(bytes, desc.elementType)
        guard let (positions, expected) = try values(ours.count) else {
            // Only a hash is kept: it speaks for all rows or for none.
            return rows == shape[0] ? "other bytes than the reference (hash only)" : nil
        }
        let limit = shape.isEmpty ? 0 : ours.count / shape[0] * rows
        var worst = 0.0
        var count = 0
        for (position, value) in zip(positions, expected) where position < limit {
            let difference = Self.difference(ours[position], value)
            if difference > tolerance { count += 1 }
            worst = max(worst, difference)
        }
        if count > 0 { return "\(count) of \(expected.count) values differ, by up to \(worst)" }
        // Equal where values are kept; what is kept only as a hash must still match as a whole.
        let isWhole = expected.count == ours.count
        if tolerance == 0, !isWhole, rows == shape[0] { return "other bytes than the reference (hash only)" }
        return nil
    }

    private static func difference(_ a: Double, _ b: Double) -> Double {
        if a == b || (a.isNaN && b.isNaN) { return 0 }
        return a.isNaN || b.isNaN ? .infinity : abs(a - b)
    }

    /// The values that are kept and where they stand in C order.
    private func values(_ total: Int) throws -> (positions: [Int], values: [Double])? {
        if let list = json["values"] as? [Any] { return (Array(0..<list.count), list.map(Self.number)) }
        if let file = json["file"] as? String, let row = json["row"] as? Int {
            let array = try NumpyFile(path: root + "/" + file)
            return (Array(0..<total), Array(array.values[row * total..<(row + 1) * total]))
        }
        guard let crop = json["crop"] as? [String: Any], let slice = crop["slice"] as? [[Int]],
            let list = crop["values"] as? [Any]
        else { return nil }
        var positions = [0]
        for (axis, range) in slice.enumerated() {
            positions = positions.flatMap { base in (range[0]..<range[1]).map { base * shape[axis] + $0 } }
        }
        return (positions, list.map(Self.number))
    }

    private static func number(_ value: Any) -> Double {
        if let number = value as? NSNumber { return number.doubleValue }
        return Double(value as? String ?? "") ?? .nan
    }

    /// Our bytes as numbers.
    package static func numbers(_ bytes: [UInt8], _ type: ElementType) -> [Double] {
        let width = type.byteWidth
        return stride(from: 0, to: bytes.count, by: width).map { start in
            let bits = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
            switch type {
            case .bool, .uint8, .uint16, .uint32, .uint64: return Double(bits)
            case .int8: return Double(Int8(truncatingIfNeeded: bits))
            case .int16: return Double(Int16(truncatingIfNeeded: bits))
            case .int32: return Double(Int32(truncatingIfNeeded: bits))
            case .int64: return Double(Int64(bitPattern: bits))
            case .float16: return Double(Float16(bitPattern: UInt16(bits)))
            case .bfloat16: return Double(Float(bitPattern: UInt32(bits) << 16))
            case .float32: return Double(Float(bitPattern: UInt32(bits)))
            case .float64: return Double(bitPattern: bits)
            }
        }
    }
}

import DataTypes

/// The rows of a sparse tensor of a batch, read from its bytes.
package struct SparseRows: Equatable {
    /// Columns and values of each row's elements.
    package var rows: [[Element]] = []
    /// What lies behind the last row is zero, and row places are what they must be.
    package var isClean = true

    package struct Element: Equatable {
        package var column: Int64
        package var value: Float

        package init(column: Int64, value: Float) {
            self.column = column
            self.value = value
        }
    }

    /// - Parameter position: of the tensor's values among the batch's tensors; its other members follow.
    package init(_ batch: BatchCopy, at position: Int = 0) {
        let values = Self.words(batch.tensors[position], 4).map { Float(bitPattern: UInt32($0)) }
        let indices = Self.words(batch.tensors[position + 1], 8).map { Int64(bitPattern: $0) }
        let places = Self.words(batch.tensors[position + 2], 8).map { Int($0) }
        for (start, end) in zip(places, places.dropFirst()) {
            guard start <= end, end <= values.count else {
                isClean = false
                return
            }
            rows.append((start..<end).map { Element(column: indices[$0], value: values[$0]) })
        }
        isClean =
            places[0] == 0 && values.count == indices.count
            && values[places[places.count - 1]...].allSatisfy { $0.bitPattern == 0 }
            && indices[places[places.count - 1]...].allSatisfy { $0 == 0 }
    }

    private static func words(_ bytes: [UInt8], _ width: Int) -> [UInt64] {
        stride(from: 0, to: bytes.count, by: width).map { start in
            (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
        }
    }
}

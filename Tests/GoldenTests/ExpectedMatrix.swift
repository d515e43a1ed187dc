import DataTypes
import TestSupport

/// A sparse matrix of the reference set, and how ours differs from it.
struct ExpectedMatrix {
    /// `shape` and the members `data`, `indices` and `indptr`.
    let json: [String: Any]
    let root: String

    /// nil when ours is as expected, otherwise what differs.
    ///
    /// - Parameter position: of the matrix's values among the tensors; its other members follow.
    func difference(to layout: BatchLayout, _ tensors: [[UInt8]], at position: Int) throws -> String? {
        guard let tensor = layout.sparse.first(where: { $0.values == layout.tensors[position] }) else {
            return "dense, expected a sparse matrix"
        }
        guard json["shape"] as? [Int] == [tensor.rows, tensor.columns] else {
            return "shape \([tensor.rows, tensor.columns]), expected \(json["shape"] ?? "?")"
        }
        let elements = ExpectedArray.numbers(tensors[position + 2], .int64).last.map { Int($0) } ?? 0
        for (offset, name) in ["data", "indices", "indptr"].enumerated() {
            guard let member = json[name] as? [String: Any] else { return "no \(name) expected" }
            var desc = layout.tensors[position + offset].desc
            // There is room for more than a batch has.
            if name != "indptr" { desc.shape = [elements] }
            let bytes = Array(tensors[position + offset].prefix(desc.byteCount))
            let difference = try ExpectedArray(json: member, root: root).difference(
                to: desc, bytes, rows: desc.shape[0], tolerance: 0)
            if let difference { return "\(name): \(difference)" }
        }
        return nil
    }
}

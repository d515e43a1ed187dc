/// A sparse matrix of a batch, row after row: three tensors that belong together.
///
/// ```
/// values    v v v v v v 0 0     `capacity` elements, those behind the last row zero
/// indices   c c c c c c 0 0     the column of each, int64
/// indptr    0 2 2 5 6           row r has elements indptr[r] ..< indptr[r + 1]; int64, one more than rows
/// ```
/// A row's place follows from the sizes of those before it. It is therefore written for all rows before the first is
/// executed, and rows stay disjoint as everywhere.
package struct CSRTensor: Sendable, Hashable {
    /// Named like the matrix.
    package let values: BatchLayout.Tensor
    package let indices: BatchLayout.Tensor
    package let indptr: BatchLayout.Tensor
    /// Of the matrix.
    package let rows: Int
    package let columns: Int
    /// Elements that there is room for.
    package let capacity: Int

    package static let indicesSuffix = "_indices"
    package static let indptrSuffix = "_indptr"

    /// The tensors that `desc` travels as: itself, or the three members in order.
    static func members(of desc: DataDesc) -> [DataDesc] {
        guard case .csr(let capacity) = desc.storage else { return [desc] }
        precondition(desc.shape.count == 2 && capacity > 0)
        return [
            DataDesc(name: desc.name, shape: [capacity], elementType: desc.elementType, layout: desc.layout),
            DataDesc(name: desc.name + indicesSuffix, shape: [capacity], elementType: .int64, layout: ""),
            DataDesc(name: desc.name + indptrSuffix, shape: [desc.shape[0] + 1], elementType: .int64, layout: ""),
        ]
    }

    init(_ desc: DataDesc, members: ArraySlice<BatchLayout.Tensor>) {
        (rows, columns) = (desc.shape[0], desc.shape[1])
        let first = members.startIndex
        (values, indices, indptr) = (members[first], members[first + 1], members[first + 2])
        capacity = values.desc.shape[0]
    }

    /// Gives every row its place, and clears what lies behind the last.
    ///
    /// - Parameter counts: elements of each row; their sum is at most `capacity`.
    package func begin(_ counts: some Sequence<Int>, in slab: Slab) {
        var end = 0
        var row = 0
        set(0, 0, slab)
        for count in counts {
            row += 1
            end += count
            precondition(row <= rows && count >= 0 && end <= capacity)
            set(row, end, slab)
        }
        precondition(row == rows)
        clear(from: end, slab)
    }

    /// The elements of a row, as positions in `values` and `indices`.
    package func place(ofRow row: Int, in slab: Slab) -> Range<Int> { get(row, slab)..<get(row + 1, slab) }

    /// Takes out the rows of `lost`: those behind move up, and empty rows come to the end.
    package func moveUp(over lost: Set<Int>, in slab: Slab) {
        var end = 0
        var target = 0
        // Read before it is overwritten: the target never overtakes the row.
        var start = 0
        for row in 0..<rows {
            let next = get(row + 1, slab)
            if !lost.contains(row) {
                for tensor in [values, indices] {
                    let width = tensor.desc.elementType.byteWidth
                    let from = unsafe bytes(tensor, start * width..<next * width, slab)
                    // No row is executed any more. Memory may overlap; copying allows it.
                    unsafe bytes(tensor, end * width..<(end + next - start) * width, slab)
                        .copyMemory(from: UnsafeRawBufferPointer(from))
                }
                end += next - start
                target += 1
                set(target, end, slab)
            }
            start = next
        }
        for row in target..<rows { set(row + 1, end, slab) }
        clear(from: end, slab)
    }

    private func clear(from position: Int, _ slab: Slab) {
        for tensor in [values, indices] {
            let width = tensor.desc.elementType.byteWidth
            unsafe bytes(tensor, position * width..<capacity * width, slab)
                .initializeMemory(as: UInt8.self, repeating: 0)
        }
    }

    private func get(_ position: Int, _ slab: Slab) -> Int {
        // `indptr` has `rows` + 1 elements, aligned to 64.
        Int(Int64(littleEndian: unsafe bytes(indptr, 8 * position..<8 * position + 8, slab).load(as: Int64.self)))
    }

    private func set(_ position: Int, _ value: Int, _ slab: Slab) {
        // As above.
        unsafe bytes(indptr, 8 * position..<8 * position + 8, slab)
            .storeBytes(of: Int64(value).littleEndian, as: Int64.self)
    }

    /// Bytes of a member. Whoever writes them has them alone: the rows' executors their own, and nobody else meanwhile.
    private func bytes(
        _ tensor: BatchLayout.Tensor, _ range: Range<Int>, _ slab: Slab
    ) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= tensor.desc.byteCount)
        let start = tensor.offset
        // The slab is as large as its layout, and the range lies in the tensor.
        return unsafe UnsafeMutableRawBufferPointer(
            rebasing: slab.bytes[start + range.lowerBound..<start + range.upperBound])
    }
}

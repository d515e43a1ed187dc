internal import NIOCore
internal import Wire

/// A sparse matrix of a batch, row after row: what libraries call CSR.
///
/// Row `r` has the elements `indptr[r] ..< indptr[r + 1]` of `values`, in the columns that `indices` names. All three were
/// checked when the batch was received: no index leaves the matrix.
public struct HeadraceSparseRows: Sendable {
    /// The batch axis.
    public let rows: Int
    /// Columns of the matrix.
    public let columns: Int
    /// The elements in use, `Float`.
    public private(set) var values: HeadraceTensor
    /// The column of each element, `Int64`.
    public let indices: HeadraceTensor
    /// Where each row begins and the last one ends, `Int64`; one more than rows.
    public let indptr: HeadraceTensor

    init(
        _ values: BatchHeader.Tensor, _ sparse: BatchHeader.Sparse, payload: ByteBuffer,
        owner: (any AnyObject & Sendable)?
    ) {
        rows = sparse.indptr.desc.elementCount - 1
        columns = sparse.columns
        self.values = HeadraceTensor(Self.used(values, sparse.count), payload: payload, owner: owner)
        indices = HeadraceTensor(Self.used(sparse.indices, sparse.count), payload: payload, owner: owner)
        indptr = HeadraceTensor(sparse.indptr, payload: payload, owner: owner)
    }

    /// The elements in use: there is room for more than a batch has.
    private static func used(_ tensor: BatchHeader.Tensor, _ count: Int) -> BatchHeader.Tensor {
        var tensor = tensor
        tensor.desc.shape = [count]
        return tensor
    }

    /// The same memory under another name.
    func renamed(_ name: String) -> HeadraceSparseRows {
        var result = self
        result.values = values.renamed(name)
        return result
    }

    /// The positions of a row's elements in `values` and `indices`.
    ///
    /// - Precondition: `row` is one of the matrix.
    public func elements(ofRow row: Int) -> Range<Int> {
        let places = indptr
        return Int(places.span(as: Int64.self)[row])..<Int(places.span(as: Int64.self)[row + 1])
    }
}

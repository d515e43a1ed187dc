/// Element type and extents of an array whose elements lie in C order, with a size that is known to fit.
package struct ArrayShape: Sendable, Hashable {
    /// Most axes of an array. NumPy has 32 before its version 2.
    package static let maxRank = 32

    package let elementType: ElementType
    /// None is negative; an array without elements has one that is 0.
    package let extents: [Int]
    package let byteCount: Int

    /// - Returns: nil when there are too many axes, an extent is negative, or the size overflows.
    package init?(elementType: ElementType, extents: [Int]) {
        guard extents.count <= Self.maxRank else { return nil }
        var bytes = elementType.byteWidth
        for extent in extents {
            guard extent >= 0 else { return nil }
            // Without the zeros, so that a shape is refused for its other extents whatever one of them is.
            let (product, overflow) = bytes.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflow else { return nil }
            bytes = product
        }
        self.elementType = elementType
        self.extents = extents
        byteCount = extents.contains(0) ? 0 : bytes
    }
}

/// A resize of every decoded image that depends on the image's size alone, so that its result can be kept and used again.
package struct FixedResize: Sendable, Hashable {
    package let shorterEdge: Int
    package let interpolation: InterpolationChoice

    /// nil when there is no resize, or chance chooses its kernel.
    init?(shorterEdge: Int?, interpolation: InterpolationChoice) {
        guard let shorterEdge, interpolation != .random else { return nil }
        self.shorterEdge = shorterEdge
        self.interpolation = interpolation
    }
}

extension AugmentationParameters {
    package var fixedResize: FixedResize? { FixedResize(shorterEdge: resize, interpolation: interpolation) }
}

extension DetectionParameters {
    package var fixedResize: FixedResize? { FixedResize(shorterEdge: resize, interpolation: interpolation) }
}

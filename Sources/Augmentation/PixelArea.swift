/// A part of an image whose edges may lie between pixels, in pixels.
struct PixelArea: Sendable, Hashable {
    let x: Double
    let y: Double
    let width: Double
    let height: Double

    /// Where `rect` of an image lies when its sides are divided by `reduction`, seen from the corner of `origin` there.
    init(_ rect: PixelRect, reduction: Int, from origin: PixelRect) {
        // Exact: reductions are powers of two.
        let factor = 1 / Double(reduction)
        x = Double(rect.x) * factor - Double(origin.x)
        y = Double(rect.y) * factor - Double(origin.y)
        width = Double(rect.width) * factor
        height = Double(rect.height) * factor
    }
}
